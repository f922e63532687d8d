using Rescind.Comparison.Ways;

namespace Rescind.Comparison.Measuring;

/// <summary>What happens while the store is away, and when it comes back.</summary>
internal sealed class OutageRun(RunningWay way, CancellationToken cancellation)
{
    private const int Served = 200;
    private const string ServedText = "200";
    private static readonly TimeProvider Time = TimeProvider.System;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    public async Task<Outage> RunAsync(TimeSpan length)
    {
        var good = await way.LogInAsync("stays", "phone");
        var revoked = await way.LogInAsync("gone", "phone");
        var late = await way.LogInAsync("late", "phone");
        await way.LogOutAnyhowAsync(revoked, cancellation);
        await RefusedBeforeAsync(revoked);

        var taken = await way.TakeStoreAwayAsync();
        var began = Time.GetTimestamp();
        var goodAnswers = ProbeAsync(good, began, length);
        var revokedAnswers = ProbeAsync(revoked, began, length);
        await Task.Delay(length / 4, Time, cancellation);
        var logout = await LogOutAsync(late);
        var (answers, ofRevoked) = (await goodAnswers, await revokedAnswers);
        var seconds = Time.GetElapsedTime(began).TotalSeconds;

        await way.BringStoreBackAsync();
        var back = await UntilServedAsync(good);
        var served = answers.TakeWhile(static answer => answer.Status == ServedText).ToList();
        double? servedUntil = served.Count == answers.Count ? null : Math.Round(served.Count == 0 ? 0 : served[^1].Seconds, 1);
        return new(
            taken, Math.Round(seconds, 1), Counted(answers), Counted(ofRevoked), servedUntil, back,
            await StaysDeadAsync(revoked), logout, Words(answers, servedUntil, ofRevoked));
    }

    private static string Words(List<Answer> good, double? servedUntil, List<Answer> revoked)
    {
        var then = good.Where(answer => answer.Status != ServedText).Select(static answer => answer.Status).Distinct().ToList();
        var said = then.Count == 0 ? "served throughout"
            : servedUntil is 0 ? $"at once {string.Join(" or ", then)}"
            : string.Create(CultureInfo.InvariantCulture, $"served for {servedUntil} s, then {string.Join(" or ", then)}");
        return revoked.Exists(static answer => answer.Status == ServedText) ? said + "; the logged out are let in" : said;
    }

    private static Dictionary<string, int> Counted(List<Answer> answers) =>
        answers.GroupBy(static answer => answer.Status).ToDictionary(static group => group.Key, static group => group.Count());

    private async Task RefusedBeforeAsync(LoggedIn revoked)
    {
        var began = Time.GetTimestamp();
        while (!way.Kind.WaitsForExpiry && await way.IsServedAsync(revoked))
        {
            if (Time.GetElapsedTime(began) > 5 * Patience)
            {
                throw new ComparisonFailedException($"{way.Kind.Id}: a logged-out token is still taken.");
            }
        }
    }

    private async Task<List<Answer>> ProbeAsync(LoggedIn who, long began, TimeSpan length)
    {
        var answers = new List<Answer>();
        while (Time.GetElapsedTime(began) is var now && now < length)
        {
            answers.Add(new(now.TotalSeconds, await TryAsync(token => way.StatusAsync(who, token))));
            await Task.Delay(Pause, Time, cancellation);
        }

        return answers;
    }

    private async Task<string> LogOutAsync(LoggedIn late)
    {
        var status = await TryAsync(async token => await way.LogOutAnyhowAsync(late, token) is null ? 0 : Served);
        return status == ServedText ? "taken" : "not taken";
    }

    private async Task<string> TryAsync(Func<CancellationToken, Task<int>> ask)
    {
        using var late = new CancellationTokenSource(Patience, Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellation);
        try
        {
            return (await ask(both.Token)).ToString(CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is OperationCanceledException or HttpRequestException or ComparisonFailedException
            && !cancellation.IsCancellationRequested)
        {
            return "no answer";
        }
    }

    private async Task<double?> UntilServedAsync(LoggedIn good)
    {
        var began = Time.GetTimestamp();
        while (await TryAsync(token => way.StatusAsync(good, token)) != ServedText)
        {
            if (Time.GetElapsedTime(began) > 10 * Patience)
            {
                return null;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), Time, cancellation);
        }

        return Math.Round(Time.GetElapsedTime(began).TotalMilliseconds);
    }

    private async Task<bool> StaysDeadAsync(LoggedIn revoked)
    {
        for (var i = 0; i < 5; i++)
        {
            if (await TryAsync(token => way.StatusAsync(revoked, token)) == ServedText)
            {
                return false;
            }

            await Task.Delay(Pause, Time, cancellation);
        }

        return true;
    }

    private sealed record Answer(double Seconds, string Status);
}
