using System.Net;

namespace Rescind.Verifier.Tests.Support;

/// <summary>A client of an event stream, which sees its lines.</summary>
internal sealed class EventReader(HttpResponseMessage answer, StreamReader lines) : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    public static async Task<EventReader> OpenAsync(
        LiveApi api, string token, string path = "/events", HttpClient? http = null,
        params IReadOnlyList<(string Name, string Value)> headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { Authorization = new("Bearer", token) } };
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value).ShouldBeTrue();
        }

        var answer = await (http ?? api.Api.Http).SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        return new(answer, new(await answer.Content.ReadAsStreamAsync()));
    }

    /// <summary>The next line that is not blank.</summary>
    public async Task<string> ReadAsync()
    {
        using var limit = new CancellationTokenSource(Limit);
        while (true)
        {
            var line = await lines.ReadLineAsync(limit.Token);
            if (line is null or { Length: > 0 })
            {
                return line.ShouldNotBeNull();
            }
        }
    }

    /// <summary>The lines that are not blank, until the stream ends; one that is cut off throws.</summary>
    public async Task<List<string>> ReadToTheEndAsync()
    {
        using var limit = new CancellationTokenSource(Limit);
        var read = new List<string>();
        while (await lines.ReadLineAsync(limit.Token) is { } line)
        {
            if (line.Length > 0)
            {
                read.Add(line);
            }
        }

        return read;
    }

    public void Dispose()
    {
        lines.Dispose();
        answer.Dispose();
    }
}
