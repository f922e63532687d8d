namespace Rescind.Authority.Stores.Memory;

/// <summary>Which sessions a match of our own issuer names, in the order of their start: by the claim that it compares.</summary>
internal static class MemoryMatching
{
    public static IEnumerable<MemorySession> Find(MemoryData data, string ownIssuer, Match match) =>
        match.Kind is MatchKind.Key ? SignedBy(data, match.Value!)
        : !match.Traits.NamesSessions ? []
        : match.ClaimAmong(IssuerClaims.Standard) is { } claim ? Find(data, ownIssuer, claim, match.Value!)
        : data.Sessions.Values;

    private static IEnumerable<MemorySession> Find(MemoryData data, string ownIssuer, string claim, string value) => claim switch
    {
        "sid" => data.Find(value) is { } row ? [row] : [],
        "sub" => data.Sessions.Values.Where(row => row.Session.Subject == value),
        "client_id" => data.Sessions.Values.Where(row => row.Session.ClientId == value),
        _ => data.Sessions.Values.Where(
            row => row.Session.FactsAt(ownIssuer).Tags.Any(tag => tag.Name == claim && tag.Value == value)),
    };

    // Those whose present access token it may have signed.
    private static IEnumerable<MemorySession> SignedBy(MemoryData data, string key) =>
        data.Keys.TryGetValue(key, out var saved) && saved.Key.ActiveFrom is { } from
            ? data.Sessions.Values.Where(row => row.Session.LastRefreshedAt >= from
                && row.Session.LastRefreshedAt <= (saved.Key.RetiredAt ?? long.MaxValue))
            : [];
}
