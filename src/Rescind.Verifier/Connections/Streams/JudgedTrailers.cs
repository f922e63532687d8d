using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Rescind.Verifier.Connections.Streams;

/// <summary>What comes behind a request's body: not there while the connection is not open.</summary>
internal sealed class JudgedTrailers(IHttpRequestTrailersFeature inner, LiveConnection connection) : IHttpRequestTrailersFeature
{
    public bool Available => inner.Available && connection.Look() is DeliveryState.Open;

    public IHeaderDictionary Trailers => Available ? inner.Trailers
        : throw new InvalidOperationException("The request trailers are not available.");
}
