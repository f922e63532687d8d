using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Rescind.Verifier.Connections.Streams;

/// <summary>
/// An answer that is watched while it is written: server-sent events, gRPC, or any other stream. When it is over the app's request is
/// cancelled, and the stream ends as if the app had ended it.
/// </summary>
internal sealed class LiveStream : ILiveTransport, IDisposable
{
    /// <summary>The longest id of an event that a client may come back with.</summary>
    private const int MaxEventIdLength = 1024;

    /// <summary>How soon it is tried again to speak between two events of the app.</summary>
    private static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(50);

    private readonly HttpContext _context;
    private readonly LiveConnection _connection;
    private readonly GatedWriter _writer;
    private readonly LiveConnections _connections;
    private readonly CancellationTokenSource _stopped;
    private volatile ConnectionEnd? _end;
    private volatile bool _isOver;
    private bool _hasBegun;
    private Task _stopping = Task.CompletedTask;

    private LiveStream(HttpContext context, Handshake handshake, LiveConnections connections)
    {
        _context = context;
        _connections = connections;
        _connection = new(connections, handshake, this);
        _writer = new(context.Response.BodyWriter, _connection);
        _stopped = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
    }

    public string Kind => IsGrpc ? "grpc" : "stream";

    private bool IsEvents => Is(_context.Response.ContentType, "text/event-stream");

    private bool IsGrpc => Is(_context.Request.ContentType, "application/grpc");

    public static async Task RunAsync(
        HttpContext context, Func<LiveStream, Task> next, Handshake handshake, LiveConnections connections, bool mayBecomeSocket)
    {
        if (!HasGoodEventId(context.Request))
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }

        using var stream = new LiveStream(context, handshake, connections);
        await stream.RunAsync(next, mayBecomeSocket).ConfigureAwait(false);
    }

    /// <summary>Only an event stream can be spoken to; another one ends with its token.</summary>
    public async Task AskAsync(TimeSpan left, CancellationToken cancellationToken)
    {
        if (!IsEvents)
        {
            return;
        }

        while (!_isOver && !await _writer.TrySendEventAsync(ControlMessages.RenewEvent(left), cancellationToken).ConfigureAwait(false))
        {
            await Task.Delay(Retry, _connections.Time, cancellationToken).ConfigureAwait(false);
        }
    }

    public async Task CloseAsync(ConnectionEnd end, CancellationToken cancellationToken)
    {
        _end = end;
        if (IsEvents && _context.Response.HasStarted)
        {
            await _writer.TrySendEventAsync(ControlMessages.CloseEvent(end), cancellationToken).ConfigureAwait(false);
        }
    }

    public void Stop() => _stopping = StopAsync();

    public void Abort() => _context.Abort();

    public void Dispose()
    {
        _writer.Dispose();
        _stopped.Dispose();
    }

    // What may become a WebSocket is watched as a stream from when the app answers with something else.
    private void Begin()
    {
        if (Interlocked.Exchange(ref _hasBegun, true) is false)
        {
            _connection.Begin();
        }
    }

    /// <summary>The answer has become a WebSocket, which is watched by itself from here on; returns the handshake.</summary>
    public async ValueTask<Handshake?> HandOverAsync(Handshake handshake)
    {
        await _connection.LeaveAsync().ConfigureAwait(false);
        return handshake;
    }

    private async Task RunAsync(Func<LiveStream, Task> next, bool mayBecomeSocket)
    {
        var (body, aborted) = (_context.Features.GetRequiredFeature<IHttpResponseBodyFeature>(), _context.RequestAborted);
        var (upload, read) = (_context.Features.Get<IRequestBodyPipeFeature>(), _context.Request.Body);
        _context.Features.Set<IHttpResponseBodyFeature>(new GatedBody(body, _writer, Begin));
        JudgeUpload();
        _context.RequestAborted = _stopped.Token;
        using var gone = aborted.UnsafeRegister(static writer => ((GatedWriter)writer!).CancelPendingFlush(), _writer);
        try
        {
            if (!mayBecomeSocket)
            {
                Begin();
            }

            await next(this).ConfigureAwait(false);
            if (_writer.UnflushedBytes > 0)
            {
                // An answer without a body is left to whoever stands around the route.
                await _writer.FlushAsync(aborted).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (_end is not null)
        {
            // That is how the app was told.
        }
        finally
        {
            _isOver = true;
            await _connection.LeaveAsync().ConfigureAwait(false);
            await StoppedAsync().ConfigureAwait(false);
            _context.Features.Set(body);
            _context.Features.Set(upload);
            _context.Request.Body = read;
            _context.RequestAborted = aborted;
            TellWhy();
        }
    }

    // Runs code of the app: its fault is the app's, and ends nothing.
    private async Task StopAsync()
    {
        try
        {
            await _stopped.CancelAsync().ConfigureAwait(false);
        }
        catch (AggregateException failure)
        {
            _connections.StopFailed(_connection, failure);
        }
    }

    // Code of the app that was told of the end may still use the context of this request, which serves the next one on the same transport too. If
    // it is not done in time, there is no next one.
    private async Task StoppedAsync()
    {
        using var limit = _connections.Limit();
        try
        {
            await _stopping.WaitAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            _context.Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();
        }
    }

    private void JudgeUpload()
    {
        if (_context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false })
        {
            return;
        }

        var judged = new JudgedBody(_context.Request.BodyReader, _connection);
        _context.Request.Body = judged.AsStream(leaveOpen: true);
        _context.Features.Set<IRequestBodyPipeFeature>(judged);
    }

    // What has begun ends cleanly; what has not says so. gRPC has its status at the end.
    private void TellWhy()
    {
        if (_end is null)
        {
            return;
        }

        if (IsGrpc && _context.Features.Get<IHttpResponseTrailersFeature>()?.Trailers is { IsReadOnly: false } trailers)
        {
            trailers["grpc-status"] = _end.MayReturn ? "14" : "16";
            trailers["grpc-message"] = _end.Text;
        }
        else if (!_context.Response.HasStarted)
        {
            _context.Response.Clear();
            _context.Response.StatusCode = _end.MayReturn ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status401Unauthorized;
        }
    }

    // What a client says it has seen last is looked up by apps: it is short and text, or the request is none of theirs (SSE-3).
    private static bool HasGoodEventId(HttpRequest request) =>
        request.Headers["Last-Event-ID"].ToString() is { Length: <= MaxEventIdLength } id && !id.Any(char.IsControl);

    private static bool Is(string? type, string wanted) => type?.StartsWith(wanted, StringComparison.OrdinalIgnoreCase) is true;
}
