using Rescind.Comparison.Ways;

namespace Rescind.Comparison.Measuring;

/// <summary>Who can be logged out, tried with the three devices of one person.</summary>
internal sealed class ReachRun(RunningWay way, CancellationToken cancellation)
{
    private static readonly TimeProvider Time = TimeProvider.System;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(6);

    public async Task<Reach> RunAsync() => new(await OneAsync(), await AllAsync(), await OthersAsync());

    private async Task<string> OneAsync()
    {
        var (phone, laptop) = await TwoAsync("one");
        return await way.LogOutAsync(phone, LogOut.One, cancellation) is null ? "no"
            : await WhenAsync(phone) is var when && await IsInAsync(laptop) ? when : "no, all of them";
    }

    private async Task<string> AllAsync()
    {
        var (phone, laptop) = await TwoAsync("all");
        return await way.LogOutAsync(phone, LogOut.All, cancellation) is null ? "no"
            : await WhenAsync(phone) is var when && await WhenAsync(laptop) == when ? when : "no";
    }

    private async Task<string> OthersAsync()
    {
        var (phone, laptop) = await TwoAsync("others");
        if (await way.LogOutAsync(phone, LogOut.Others, cancellation) is not { } stays)
        {
            return "no";
        }

        return await WhenAsync(laptop) is var when && !await IsInAsync(stays) ? "no"
            : ReferenceEquals(stays, phone) ? when : when + ", with a new token";
    }

    private async Task<(LoggedIn Phone, LoggedIn Laptop)> TwoAsync(string who) =>
        (await way.LogInAsync($"three-{who}", "phone"), await way.LogInAsync($"three-{who}", "laptop"));

    // A token that cannot be taken back may still not be renewed.
    private async Task<string> WhenAsync(LoggedIn who)
    {
        var began = Time.GetTimestamp();
        while (await way.IsServedAsync(who))
        {
            if (way.Kind.WaitsForExpiry || Time.GetElapsedTime(began) > Patience)
            {
                return await way.CanRefreshAsync(who) ? "no" : "at expiry";
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), Time, cancellation);
        }

        return "yes";
    }

    private async Task<bool> IsInAsync(LoggedIn who) =>
        await way.IsServedAsync(who) && (!way.Kind.WaitsForExpiry || await way.CanRefreshAsync(who));
}
