using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Rescind.Verifier.Connections.Streams;

/// <summary>
/// The head of a response, whose older way to the body leads through the gate as well, and whose callbacks of the app
/// write to no head that goes out once <paramref name="isShut"/>.
/// </summary>
internal sealed class GatedHead(IHttpResponseFeature inner, IHttpResponseBodyFeature body, Func<bool> isShut)
    : IHttpResponseFeature
{
    private Stream? _body;

    public int StatusCode
    {
        get => inner.StatusCode;
        set => inner.StatusCode = value;
    }

    public string? ReasonPhrase
    {
        get => inner.ReasonPhrase;
        set => inner.ReasonPhrase = value;
    }

    public IHeaderDictionary Headers
    {
        get => inner.Headers;
        set => inner.Headers = value;
    }

    public Stream Body
    {
        get => _body ?? body.Stream;
        set => _body = value;
    }

    public bool HasStarted => inner.HasStarted;

    public void OnStarting(Func<object, Task> callback, object state) =>
        inner.OnStarting(given => isShut() ? Task.CompletedTask : callback(given), state);

    public void OnCompleted(Func<object, Task> callback, object state) => inner.OnCompleted(callback, state);
}
