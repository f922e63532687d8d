namespace Rescind;

/// <summary>Why a token was not read. For logs and tests; strangers are told nothing (BT-6).</summary>
public enum TokenFault : byte
{
    /// <summary>Nothing was read.</summary>
    NotRead = 0,

    /// <summary>Not three base64url segments of the alphabet alone (JWS-1, BCP-8).</summary>
    Format = 1,

    /// <summary>Longer than <see cref="CompactJws.MaxLength"/> or deeper than <see cref="CompactJws.MaxDepth"/>.</summary>
    TooLarge = 2,

    /// <summary>Header or payload is not one JSON object in UTF-8, or has a duplicate name (JWT-5, JWT-7, T-22).</summary>
    Json = 3,

    /// <summary>
    /// No <c>alg</c>, any <c>crit</c>, or a header that names a key by itself: <c>jku</c>, <c>x5u</c>, <c>jwk</c>,
    /// <c>x5c</c> (JWS-3, BCP-15).
    /// </summary>
    Header = 4,

    /// <summary>A <c>typ</c> that this issuer does not use (AT-1, T-30).</summary>
    Type = 5,

    /// <summary>An <c>alg</c> that this issuer does not use (BCP-1).</summary>
    Algorithm = 6,

    /// <summary>A required claim is missing or of the wrong type (JWT-8, T-7, T-9).</summary>
    Claims = 7,

    /// <summary>No <c>kid</c>, or one over 256 characters (T-26).</summary>
    KeyId = 8,

    /// <summary>
    /// Neither a subject nor a client that could be revoked, or no subject where the issuer's record requires one.
    /// </summary>
    Subject = 9,
}
