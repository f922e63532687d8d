using Rescind.Authority.Clients;
using Rescind.Authority.Stores;
using Rescind.Authority.Tokens;

namespace Rescind.Authority.Revocations;

/// <summary>
/// Whether a revocation at our own issuer would refuse tokens that a client gets only after it: judged by the claims
/// that such a token would carry, whatever kind of match names them. Signs nothing, writes nothing.
/// </summary>
internal sealed class LaterTokens(TokenIssuer issuer, CommittedLog log)
{
    /// <summary>
    /// Whether it would refuse any token that <paramref name="client"/> could ask for, of whichever of its scopes.
    /// </summary>
    public bool AnyRefused(ClientRecord client, Match match, Effect effect) =>
        Refuses(client, AskedToFit(client, match) ?? client.Scopes, match, effect);

    /// <summary>
    /// Whether it would refuse the token that <paramref name="client"/> gets without asking for certain scopes: one of all.
    /// </summary>
    public bool FullRefused(ClientRecord client, Match match, Effect effect) => Refuses(client, client.Scopes, match, effect);

    private bool Refuses(ClientRecord client, IReadOnlyList<string> scopes, Match match, Effect effect)
    {
        // An end or a renew spares what is minted after it; an effect that the match cannot have is refused elsewhere.
        if (effect is not (Effect.Block or Effect.Reauthenticate) || !match.Allows(effect, ownIssuer: true))
        {
            return false;
        }

        // A login that nobody dated is never recent enough.
        var claims = issuer.ClaimsFor(client, scopes, log.Tail.Head.Position);
        return (effect is Effect.Block || !claims.TryGetProperty("auth_time", out _)) && IsNamed(claims, match);
    }

    // Not by one token, by the session that no client's token has, or by a key: the next token has another id and another key.
    private static bool IsNamed(JsonElement claims, Match match) => match.Value is not { } value
        || (match.ClaimAmong(IssuerClaims.Standard) is { } claim && WillSay(claims, claim, value));

    private static bool WillSay(JsonElement claims, string name, string value) =>
        claims.TryGetProperty(name, out var claim) && claim.ValueKind switch
    {
        JsonValueKind.String => claim.ValueEquals(value),
        JsonValueKind.Array =>
            claim.EnumerateArray().Any(item => item.ValueKind is JsonValueKind.String && item.ValueEquals(value)),
        JsonValueKind.Number => IsAhead(value, name == "exp" ? claims.GetProperty("iat").GetInt64() : claim.GetInt64()),
        _ => false,
    };

    // Numbers are instants and positions, which only grow; a token has them in their one shortest form.
    private static bool IsAhead(string value, long now) =>
        long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= now
        && number.ToString(CultureInfo.InvariantCulture) == value;

    // The client chooses which of its scopes a token has, and in which order they stand.
    private static string[]? AskedToFit(ClientRecord client, Match match) =>
        match is { Name: "scope" } && match.Value!.Split(' ') is var asked && asked.All(client.Grants)
        && asked.Distinct(StringComparer.Ordinal).Count() == asked.Length
            ? asked
            : null;
}
