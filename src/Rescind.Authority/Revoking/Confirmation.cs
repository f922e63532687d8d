using System.Text.Json;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Endpoints;

namespace Rescind.Authority.Revoking;

/// <summary>
/// The second look at a broad act: the number of sessions that the caller expects to hit, or at another issuer, where nobody can count, the
/// value of the match.
/// </summary>
internal readonly struct Confirmation(JsonElement? confirm)
{
    /// <summary>The number of sessions, where one was sent.</summary>
    public long? Sessions { get; } = confirm is { ValueKind: JsonValueKind.Number } number && number.TryGetInt64(out var count) ? count : null;

    /// <summary>Whether so many may be hit where the caller expected <paramref name="confirmed"/>: sessions come and go meanwhile.</summary>
    public static bool Covers(long confirmed, long actual) => actual <= (1.2 * confirmed) + 10;

    /// <summary>Null if a broad <paramref name="request"/> is confirmed; a number is compared by the store, in the transaction.</summary>
    public Problem? Judge(RevocationRequest request, bool own) => own
        ? Sessions is >= 0 ? null : Errors.NotConfirmed.Problem("confirm is the number of sessions.")
        : confirm is { ValueKind: JsonValueKind.String } text && text.ValueEquals(request.Match.Value ?? request.Issuer) ? null
        : Errors.NotConfirmed.Problem("confirm is the value of the match, or of the issuer if all of it is meant.");
}
