using System.Net;

namespace Rescind.EndToEnd;

/// <summary>Waits until a server says that it is ready.</summary>
internal static class Readiness
{
    public static async Task WaitAsync(Uri url, Child child, TimeSpan limit)
    {
        using var http = new HttpClient { BaseAddress = url, Timeout = TimeSpan.FromSeconds(5) };
        using var patience = new CancellationTokenSource(limit);
        while (!await IsReadyAsync(http))
        {
            if (child.HasExited || patience.IsCancellationRequested)
            {
                throw new InvalidOperationException($"Not ready at {url}:\n{child.Output}");
            }

            await Task.Delay(20);
        }
    }

    private static async Task<bool> IsReadyAsync(HttpClient http)
    {
        try
        {
            using var answer = await http.GetAsync("/health/ready");
            return answer.StatusCode == HttpStatusCode.OK;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }
}
