namespace Rescind.Verifier;

/// <summary>
/// What the verifier found about the request's token, in <c>HttpContext.Features</c>. There only when the framework has
/// accepted the token (signature, issuer, audience, lifetime), so that what it says may be told to whoever holds the
/// token. Of several schemes the last that judged wins. Immutable: a token that is found dead later in the same request
/// is shown by another feature.
/// </summary>
public interface IVerdictFeature
{
    /// <summary>The name of the scheme that judged.</summary>
    string Scheme { get; }

    /// <summary>
    /// The verdict in the end: after the Authority was asked, and after what the route demands of the login (RFC 9470).
    /// </summary>
    Verdict Verdict { get; }

    /// <summary>What the token says, taken from its bytes by the strict reader.</summary>
    TokenFacts Facts { get; }

    /// <summary>
    /// The explanation id (<c>rv_...</c>) of the act that took the token back; null if none did, or if it is not known
    /// which: the Authority, asked about a token, does not say.
    /// </summary>
    string? RevocationId { get; }
}
