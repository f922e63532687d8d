using System.Net;
using System.Net.Http.Headers;
using Rescind.Conformance.Support;

namespace Rescind.EndToEnd;

/// <summary>The sample API <c>Orders</c> in its own process: a verifier that only follows the feed.</summary>
internal sealed class OrdersProcess : IAsyncDisposable
{
    private readonly Child _child;
    private readonly HttpClient _http;

    private OrdersProcess(Child child, Uri url)
    {
        _child = child;
        Url = url;
        _http = new HttpClient { BaseAddress = url, Timeout = TimeSpan.FromSeconds(10) };
    }

    public Uri Url { get; }

    public string Output => _child.Output;

    /// <summary>
    /// Starts it and, unless the Authority is away, waits until it is ready; <paramref name="under"/> is a program that runs it.
    /// </summary>
    public static async Task<OrdersProcess> StartAsync(
        AuthorityProcess authority, AuthorityClient client, bool waitUntilReady = true, IReadOnlyList<string>? under = null)
    {
        var url = new Uri(FreeUrl.Next());
        string[] command = [.. under ?? [], "dotnet", Places.Orders, "--urls", url.ToString().TrimEnd('/')];
        var child = Child.Start(command[0], command[1..], new Dictionary<string, string>
        {
            ["Rescind__Authority"] = authority.Url.ToString().TrimEnd('/'),
            ["Rescind__Audience"] = "orders",
            ["Rescind__ClientId"] = client.ClientId,
            ["Rescind__ClientSecret"] = client.ClientSecret,
            ["ASPNETCORE_ENVIRONMENT"] = "Development",
        });
        var orders = new OrdersProcess(child, url);
        if (waitUntilReady)
        {
            await Readiness.WaitAsync(url, child, TimeSpan.FromSeconds(60));
        }

        return orders;
    }

    public Task<HttpResponseMessage> GetOrdersAsync(string accessToken) => SendAsync(HttpMethod.Get, "/orders", accessToken);

    public Task<HttpResponseMessage> PostTransferAsync(string accessToken) =>
        SendAsync(HttpMethod.Post, "/transfers", accessToken);

    /// <summary>The status of one call; null while nobody listens yet.</summary>
    public async Task<HttpStatusCode?> StatusAsync(string accessToken)
    {
        try
        {
            using var answer = await GetOrdersAsync(accessToken);
            return answer.StatusCode;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _child.DisposeAsync();
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string accessToken)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", accessToken);
        return await _http.SendAsync(request);
    }
}
