namespace Rescind.Verifier.Authentication;

/// <summary>Which issuers and tokens a scheme was set up for. Names are compared exactly (T-23).</summary>
/// <param name="OwnOnly">Whether it takes tokens of the Authority's own issuer alone: AddRescind.</param>
/// <param name="Authority">The authority that AddJwtBearer was given.</param>
/// <param name="Issuers">The issuers that AddJwtBearer was given.</param>
internal sealed record IssuerTrust(bool OwnOnly, string? Authority, IReadOnlyList<string?> Issuers)
{
    /// <summary>
    /// Whether the app verifies that the sender holds the key to which a token is bound; otherwise bound tokens are
    /// refused.
    /// </summary>
    public bool TakesBound { get; init; }

    /// <summary>Whether tokens of the Authority's own issuer are meant for this scheme.</summary>
    public bool TakesOwn(IssuerRecord own) =>
        OwnOnly || own.Issuer == Authority || own.Issuer == Authority?.TrimEnd('/')
        || Issuers.Contains(own.Issuer);
}
