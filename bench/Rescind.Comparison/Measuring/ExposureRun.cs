using Rescind.Comparison.Ways;

namespace Rescind.Comparison.Measuring;

/// <summary>How long a stolen copy is taken after the logout was acknowledged.</summary>
internal sealed class ExposureRun(RunningWay way, int logoutsPerDay, CancellationToken cancellation)
{
    /// <summary>The leeway that JwtBearer grants unless it is told otherwise.</summary>
    public static readonly TimeSpan Leeway = TimeSpan.FromMinutes(5);

    private const int AtOnce = 4;
    private static readonly TimeProvider Time = TimeProvider.System;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public async Task<Exposure> RunAsync(int logouts, TimeSpan atMost)
    {
        var longest = way.Lifetime + Leeway;
        var factor = way.Kind.WaitsForExpiry ? Math.Ceiling(longest / atMost) : 1;
        var samples = way.Kind.WaitsForExpiry ? await ScaledAsync(logouts, factor) : await AtOnceAsync(logouts);
        var promise = way.Kind.WaitsForExpiry ? $"{Minutes(way.Lifetime)} + {Minutes(Leeway)} leeway"
            : way.Kind.Backing is Backing.Authority ? "5 s (the bound)" : "the next request";
        return new(
            samples.Count, Math.Round(Quantiles.Of(samples, 0.5), 1), Math.Round(Quantiles.Of(samples, 0.99), 1),
            Math.Round(samples.Max(), 1), factor, promise, Math.Round(samples.Average() * logoutsPerDay / 3_600_000, 3));
    }

    private async Task<List<double>> AtOnceAsync(int logouts)
    {
        var samples = new List<double>();
        await Parallel.ForEachAsync(
            Enumerable.Range(0, logouts),
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation },
            async (i, _) =>
            {
                var sample = await OneAsync($"leaver-{i}");
                lock (samples)
                {
                    samples.Add(sample);
                }
            });
        return samples;
    }

    private async Task<double> OneAsync(string user)
    {
        var who = await way.LogInAsync(user, "phone");
        await ServedAsync(who);
        await way.LogOutAnyhowAsync(who, cancellation);
        return await UntilRefusedAsync(who, Time.GetTimestamp(), TimeSpan.Zero);
    }

    // The k-th of n logs out after k/n of its token's life.
    private async Task<List<double>> ScaledAsync(int logouts, double factor)
    {
        await way.HurryAsync(factor);
        var each = Enumerable.Range(0, logouts).Select(async i =>
        {
            var who = await way.LogInAsync($"leaver-{i}", "phone");
            await Task.Delay(way.Lifetime / factor * (i + 0.5) / logouts, Time, cancellation);
            await way.LogOutAsync(who, LogOut.One, cancellation);
            return factor * await UntilRefusedAsync(who, Time.GetTimestamp(), TimeSpan.FromMilliseconds(100));
        }).ToList();
        var samples = await Task.WhenAll(each);
        await way.HurryAsync(1);
        return [.. samples];
    }

    private async Task ServedAsync(LoggedIn who)
    {
        if (!await way.IsServedAsync(who))
        {
            throw new ComparisonFailedException($"{way.Kind.Id}: a new login was refused.");
        }
    }

    private async Task<double> UntilRefusedAsync(LoggedIn who, long acknowledged, TimeSpan pause)
    {
        var wasTaken = false;
        while (true)
        {
            var sent = Time.GetElapsedTime(acknowledged);
            if (!await way.IsServedAsync(who))
            {
                return wasTaken ? sent.TotalMilliseconds : 0;
            }

            wasTaken = true;
            if (sent > Patience)
            {
                throw new ComparisonFailedException($"{way.Kind.Id}: a logged-out token is still taken after {Patience}.");
            }

            await (pause == TimeSpan.Zero ? Task.CompletedTask : Task.Delay(pause, Time, cancellation));
        }
    }

    private static string Minutes(TimeSpan length) =>
        string.Create(CultureInfo.InvariantCulture, $"{length.TotalMinutes:0.#} min");
}
