namespace Rescind.Comparison.Parts;

/// <summary>Counts what an application asks its store or server: one for each round trip.</summary>
internal sealed class StoreCalls
{
    private long _count;

    public long Count => Interlocked.Read(ref _count);

    public void Add() => Interlocked.Increment(ref _count);
}

/// <summary>Counts the requests that a client sends.</summary>
internal sealed class CountedRequests(StoreCalls calls, HttpMessageHandler inner) : DelegatingHandler(inner)
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        calls.Add();
        return base.SendAsync(request, cancellationToken);
    }
}
