namespace Rescind.Comparison.Measuring;

/// <summary>Requests, as many as are answered or at a pace.</summary>
internal sealed class Load(RunningWay way, IReadOnlyList<LoggedIn> people, CancellationToken cancellation)
{
    /// <summary>The endpoint that anybody may call: without credentials, or they would be looked at.</summary>
    public const string Plain = "/plain";

    /// <summary>The endpoint for those who are logged in.</summary>
    public const string Guarded = "/orders";

    private const int Callers = 4;
    private static readonly TimeProvider Time = TimeProvider.System;
    private int _next;

    /// <summary>A few callers who ask again as soon as they are answered. How many requests that were.</summary>
    public async Task<int> AsManyAsync(string path, TimeSpan length)
    {
        var (began, done) = (Time.GetTimestamp(), 0);
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(async _ =>
        {
            while (Time.GetElapsedTime(began) < length)
            {
                await SendAsync(path);
                Interlocked.Increment(ref done);
            }
        }));
        return done;
    }

    /// <summary>Requests at a steady pace, whoever is answered when: their times in milliseconds.</summary>
    public async Task<double[]> PacedAsync(string path, double perSecond, TimeSpan length)
    {
        var began = Time.GetTimestamp();
        var sent = new List<Task<double>>();
        while (Time.GetElapsedTime(began) is var now && now < length)
        {
            for (; sent.Count < now.TotalSeconds * perSecond; sent.Add(SendAsync(path)))
            {
            }

            await Task.Delay(TimeSpan.FromMilliseconds(1), Time, cancellation);
        }

        return await Task.WhenAll(sent);
    }

    private async Task<double> SendAsync(string path)
    {
        var who = people[(int)((uint)Interlocked.Increment(ref _next) % people.Count)];
        using var request = path == Plain ? new(HttpMethod.Get, path) : who.Request(HttpMethod.Get, path);
        var began = Time.GetTimestamp();
        using var answer = await way.Http.SendAsync(request, cancellation);
        return answer.IsSuccessStatusCode
            ? Time.GetElapsedTime(began).TotalMilliseconds
            : throw new ComparisonFailedException($"{way.Kind.Id}: a good request was answered {(int)answer.StatusCode}.");
    }
}
