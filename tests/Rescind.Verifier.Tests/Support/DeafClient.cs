using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace Rescind.Verifier.Tests.Support;

/// <summary>A client of the hub that says hello and never reads.</summary>
internal static class DeafClient
{
    private const string Hello = "{\"protocol\":\"json\",\"version\":1}\u001e";

    public static async Task<IDisposable> OpenAsync(LiveApi api, string how)
    {
        var token = api.Mint("alice");
        if (how == "chat")
        {
            var socket = await api.OpenAtAsync("chat?access_token=" + token);
            await socket.SayAsync(Hello);
            (await socket.HearAsync()).ShouldBe("{}\u001e");
            return socket;
        }

        var id = await NegotiateAsync(api, token);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/chat?id=" + id)
        {
            Headers = { Authorization = new("Bearer", token) },
        };
        request.Headers.Accept.ParseAdd("text/event-stream");
        var answer = await api.Api.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await SendAsync(api, token, id, Hello)).ShouldBe(HttpStatusCode.OK);
        await Eventually.Async(() => api.Live == 1);
        return answer;
    }

    /// <summary>The secret of a new connection.</summary>
    public static async Task<string> NegotiateAsync(LiveApi api, string token)
    {
        using var negotiated = await api.Api.PostAsync(token, "/chat/negotiate?negotiateVersion=1");
        return (string)JsonNode.Parse(await negotiated.Content.ReadAsStringAsync())!["connectionToken"]!;
    }

    /// <summary>Sends a message on a connection that has no socket.</summary>
    public static async Task<HttpStatusCode> SendAsync(LiveApi api, string token, string id, string message)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/chat?id=" + id)
        {
            Headers = { Authorization = new("Bearer", token) }, Content = new StringContent(message, Encoding.UTF8),
        };
        using var answer = await api.Api.Http.SendAsync(request);
        return answer.StatusCode;
    }
}
