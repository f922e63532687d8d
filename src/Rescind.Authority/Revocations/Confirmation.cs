using Rescind.Authority.Diagnostics;

namespace Rescind.Authority.Revocations;

/// <summary>
/// The second look at a broad act: the number of sessions that the caller expects to hit, or where nobody can count
/// them, at another issuer or because they are too many, the value of the match.
/// </summary>
internal readonly struct Confirmation(JsonElement? confirm)
{
    /// <summary>The number of sessions, where one was sent.</summary>
    public long? Sessions { get; } = confirm is { ValueKind: JsonValueKind.Number } number && number.TryGetInt64(out var count)
        ? count
        : null;

    /// <summary>Whether the caller sent the value of the match, or of the issuer if all of it is meant.</summary>
    public bool NamesMatch(RevocationRequest request, string ownIssuer) =>
        confirm is { ValueKind: JsonValueKind.String } text
        && text.ValueEquals(request.Match.Value ?? request.Issuer ?? ownIssuer);

    /// <summary>
    /// Null if a broad <paramref name="request"/> is confirmed; at our own issuer the store looks whether it holds.
    /// </summary>
    public Refusal? Validate(RevocationRequest request, string ownIssuer) => request.Issuer is null || request.Issuer == ownIssuer
        ? Sessions is >= 0 || NamesMatch(request, ownIssuer) ? null
        : Errors.NotConfirmed.Refusal("confirm must be the number of sessions.")
        : NamesMatch(request, ownIssuer) ? null
        : Errors.NotConfirmed.Refusal("confirm must be the value of the match, or of the issuer if all of it is meant.");
}
