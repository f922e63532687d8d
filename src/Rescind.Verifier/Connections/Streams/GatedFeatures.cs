using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Rescind.Verifier.Connections.Streams;

/// <summary>
/// Every feature of a request by which its endpoint reaches the client, with the gate before it, until it is restored.
/// </summary>
internal sealed class GatedFeatures
{
    private readonly HttpContext _context;
    private readonly IHttpResponseFeature _head;
    private readonly IHttpResponseBodyFeature _body;
    private readonly IRequestBodyPipeFeature? _upload;
    private readonly IHttpRequestTrailersFeature? _trailers;
    private readonly IHttpUpgradeFeature? _upgrade;
    private readonly IHttpExtendedConnectFeature? _connect;
    private readonly Stream _read;
    private readonly CancellationToken _aborted;

    private GatedFeatures(HttpContext context)
    {
        var features = context.Features;
        (_context, _read, _aborted) = (context, context.Request.Body, context.RequestAborted);
        _head = features.GetRequiredFeature<IHttpResponseFeature>();
        _body = features.GetRequiredFeature<IHttpResponseBodyFeature>();
        _upload = features.Get<IRequestBodyPipeFeature>();
        _trailers = features.Get<IHttpRequestTrailersFeature>();
        (_upgrade, _connect) = (features.Get<IHttpUpgradeFeature>(), features.Get<IHttpExtendedConnectFeature>());
    }

    /// <summary>Nothing passes but what <paramref name="connection"/> lets through.</summary>
    public static (GatedFeatures Features, GatedUpgrade Upgrade) Gate(
        HttpContext context, LiveConnection connection, GatedWriter writer, Func<bool> isShut, Action used, Action began)
    {
        var gated = new GatedFeatures(context);
        var body = new GatedBody(gated._body, writer, connection, used);
        var upgrade = new GatedUpgrade(gated._upgrade, gated._connect, connection, began);
        gated.SetResponse(body, isShut);
        context.Features.Set<IHttpUpgradeFeature>(gated._upgrade is null ? null : upgrade);
        context.Features.Set<IHttpExtendedConnectFeature>(gated._connect is null ? null : upgrade);
        if (gated._trailers is { } trailers)
        {
            context.Features.Set<IHttpRequestTrailersFeature>(new JudgedTrailers(trailers, connection));
        }

        gated.JudgeUpload(connection);
        return (gated, upgrade);
    }

    /// <summary>Nothing passes: neither a word of the app's own answer, nor the raw connection.</summary>
    public static GatedFeatures Silence(HttpContext context)
    {
        var silent = new GatedFeatures(context);
        silent.SetResponse(new StreamResponseBodyFeature(Stream.Null), static () => true);
        context.Features.Set<IHttpUpgradeFeature>(null);
        context.Features.Set<IHttpExtendedConnectFeature>(null);
        return silent;
    }

    public void Restore()
    {
        var features = _context.Features;
        features.Set(_head);
        features.Set(_body);
        features.Set(_trailers);
        features.Set(_upgrade);
        features.Set(_connect);
        features.Set(_upload);
        _context.Request.Body = _read;
        _context.RequestAborted = _aborted;
    }

    /// <summary>
    /// Takes back whatever the app has said, if that has not gone out: headers, and trailers of an answer that has
    /// begun.
    /// </summary>
    public static void Clear(HttpContext context)
    {
        if (context.Features.Get<IHttpResponseTrailersFeature>()?.Trailers is { IsReadOnly: false } trailers)
        {
            trailers.Clear();
        }

        if (!context.Response.HasStarted)
        {
            context.Response.Clear();
        }
    }

    private void SetResponse(IHttpResponseBodyFeature body, Func<bool> isShut)
    {
        _context.Features.Set(body);
        _context.Features.Set<IHttpResponseFeature>(new GatedHead(_head, body, isShut));
    }

    private void JudgeUpload(LiveConnection connection)
    {
        if (_context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false })
        {
            return;
        }

        var judged = new JudgedBody(_context.Request.BodyReader, connection);
        _context.Request.Body = judged.AsStream(leaveOpen: true);
        _context.Features.Set<IRequestBodyPipeFeature>(judged);
    }
}
