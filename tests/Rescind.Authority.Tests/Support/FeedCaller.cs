using System.Globalization;
using Rescind.Authority.Feeding;

namespace Rescind.Authority.Tests.Support;

/// <summary>A verifier that polls by hand, one poll at a time.</summary>
internal sealed class FeedCaller(AuthorityHost authority, string bearer, string instance)
{
    public string Instance { get; } = instance;

    public double Bound { get; init; } = 5;

    public static async Task<FeedCaller> CreateAsync(AuthorityHost authority, string instance = "one", double bound = 5) =>
        new(authority, await authority.BearerAsync("feed"), instance) { Bound = bound };

    /// <summary>Polls after <paramref name="after"/>, which acknowledges it; the head by default.</summary>
    public Task<Answer> PollAsync(
        LogPosition? after = null, double wait = 0, string more = "", string? epoch = null,
        CancellationToken cancellationToken = default)
    {
        var head = authority.Tail.Head;
        var (where, who) =
            ($"epoch={epoch ?? head.Epoch}&after={after ?? head.Position}", $"verifier=orders&instance={Instance}");
        var seconds = string.Create(CultureInfo.InvariantCulture, $"wait={wait}&bound={Bound}");
        return authority.GetAsync($"/v1/feed?{where}&{who}&{seconds}&nonce=n-1{more}", bearer, cancellationToken);
    }

    /// <summary>Completes when a poll of this verifier has arrived.</summary>
    public async Task HeardAsync()
    {
        while (authority.Get<VerifierRegistry>().List(default).All(verifier => verifier.Row.Instance != Instance))
        {
            await Task.Delay(10);
        }
    }
}
