using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.OutputCaching;
using Rescind.Verifier.Handshaking;

namespace Rescind.Verifier.Connections.Streams;

/// <summary>
/// An answer that is watched while it is written: server-sent events, gRPC, or any other stream. When it is over the
/// app's request is cancelled, and the stream ends as if the app had ended it.
/// </summary>
internal sealed class LiveStream : ILiveTransport, IDisposable
{
    /// <summary>The longest id of an event that a client may come back with.</summary>
    private const int MaxEventIdLength = 1024;

    /// <summary>How soon it is tried again to speak between two events of the app.</summary>
    private static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(50);

    private readonly HttpContext _context;
    private readonly Handshake _handshake;
    private readonly LiveConnection _connection;
    private readonly GatedWriter _writer;
    private readonly LiveConnections _connections;
    private readonly CancellationTokenSource _stopped;
    private volatile ConnectionEnd? _end;
    private volatile bool _isOver;
    private bool _hasBegun;
    private bool _isRaw;
    private GatedUpgrade? _upgrade;
    private Task _stopping = Task.CompletedTask;

    private LiveStream(HttpContext context, Handshake handshake, LiveConnections connections)
    {
        (_context, _handshake) = (context, handshake);
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

        while (!_isOver
            && !await _writer.TrySendEventAsync(ControlMessages.RenewEvent(left), cancellationToken).ConfigureAwait(false))
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

    /// <summary>
    /// The answer is about to become a WebSocket. Throws <see cref="OperationCanceledException"/> if it may not any
    /// more.
    /// </summary>
    public void BecomeSocket()
    {
        if (_connection.Look() is DeliveryState.Shut)
        {
            throw JudgedBody.Over();
        }

        _isRaw = true;
    }

    /// <summary>The answer has become a WebSocket, which is watched by itself from here on; returns the handshake.</summary>
    public async ValueTask<Handshake?> HandOverAsync(Handshake handshake)
    {
        await _connection.LeaveAsync().ConfigureAwait(false);
        return handshake;
    }

    private void BecomeRaw()
    {
        Begin();
        _isRaw = true;
    }

    private async Task RunAsync(Func<LiveStream, Task> next, bool mayBecomeSocket)
    {
        if (!mayBecomeSocket)
        {
            Begin();
        }

        if (await RefusesAsync().ConfigureAwait(false))
        {
            await _connection.LeaveAsync().ConfigureAwait(false);
            return;
        }

        var aborted = _context.RequestAborted;
        _context.Response.OnStarting(JudgeHead);
        (var features, _upgrade) = GatedFeatures.Gate(_context, _connection, _writer, IsShut, Begin, BecomeRaw);
        _context.RequestAborted = _stopped.Token;
        using var gone = aborted.UnsafeRegister(static writer => ((GatedWriter)writer!).CancelPendingFlush(), _writer);
        try
        {
            await next(this).ConfigureAwait(false);
            await EndAsync(aborted).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_connection.Look() is DeliveryState.Shut)
        {
            // That is how the app was told.
        }
        finally
        {
            // What is known now counts, also where the app has gone on to the end meanwhile.
            _connection.Look();
            _isOver = true;
            await _connection.LeaveAsync().ConfigureAwait(false);
            await StoppedAsync().ConfigureAwait(false);
            features.Restore();
            await TellWhyAsync().ConfigureAwait(false);
        }
    }

    // An answer without a body is left to whoever stands around the route, and goes no sooner than a body would.
    private async Task EndAsync(CancellationToken aborted)
    {
        if (_writer.UnflushedBytes > 0)
        {
            await _writer.FlushAsync(aborted).ConfigureAwait(false);
        }
        else if (!_context.Response.HasStarted)
        {
            await _connection.PassAsync(aborted).ConfigureAwait(false);
        }
    }

    private bool IsShut() => _isOver ? _end is not null : _connection.Look() is DeliveryState.Shut;

    // Runs behind the app's own callbacks: one that took its time may have put something into the head. Nothing of it goes out.
    private Task JudgeHead()
    {
        if (!_isOver && !_isRaw && IsShut())
        {
            GatedFeatures.Clear(_context);
            _context.Abort();
        }

        return Task.CompletedTask;
    }

    // Runs code of the app: its fault is the app's, and ends nothing.
    private async Task StopAsync()
    {
        try
        {
            _upgrade?.CancelPendingRead();
            await _stopped.CancelAsync().ConfigureAwait(false);
        }
        catch (AggregateException failure)
        {
            _connections.StopFailed(_connection, failure);
        }
    }

    // Code of the app that was told of the end may still use the context of this request, which serves the next one on
    // the same transport too. If it is not done in time, there is no next one.
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

    // What has begun ends cleanly; what has not says so. gRPC has its status at the end.
    private async Task TellWhyAsync()
    {
        if (_end is null)
        {
            return;
        }

        if (_context.Features.Get<IOutputCacheFeature>() is { } cache)
        {
            // What was cut short is no answer to anybody else.
            cache.Context.AllowCacheStorage = false;
        }

        GatedFeatures.Clear(_context);
        var hasStarted = _context.Response.HasStarted;
        if (IsGrpc && _context.Features.Get<IHttpResponseTrailersFeature>()?.Trailers is { IsReadOnly: false } trailers)
        {
            trailers["grpc-status"] = _end.MayReturn ? "14" : "16";
            trailers["grpc-message"] = _end.Text;
            if (!hasStarted)
            {
                _context.Response.ContentType = _context.Request.ContentType;
            }
        }
        else if (!hasStarted && !await RefusesAsync().ConfigureAwait(false))
        {
            _context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        }
    }

    private Task<bool> RefusesAsync() =>
        LateRefusal.RefusesAsync(_context, _handshake, _connections.Judge(_handshake.Facts, _handshake.Freshness));

    // What a client says it has seen last is looked up by apps: it is short and text, or the request is none of theirs (SSE-3).
    private static bool HasGoodEventId(HttpRequest request) =>
        request.Headers["Last-Event-ID"].ToString() is { Length: <= MaxEventIdLength } id && !id.Any(char.IsControl);

    private static bool Is(string? type, string wanted) => type?.StartsWith(wanted, StringComparison.OrdinalIgnoreCase) is true;
}
