namespace Rescind.Verifier;

/// <summary>
/// What the verifier found about the request's token, in <c>HttpContext.Features</c>. There only when the signature was
/// genuine, so that what it says may be told to whoever holds the token. Of several schemes the last that found a
/// genuine token wins.
/// </summary>
public interface IVerdictFeature
{
    /// <summary>The scheme that judged.</summary>
    string Scheme { get; }

    /// <summary>The verdict in the end: after the Authority was asked, and after what the route demands of the login.</summary>
    Verdict Verdict { get; }

    /// <summary>What the token says, taken from its bytes by the strict reader.</summary>
    TokenFacts Facts { get; }

    /// <summary>The explanation id (<c>rv_...</c>) of the act that took the token back; null if none did.</summary>
    string? RevocationId { get; }
}
