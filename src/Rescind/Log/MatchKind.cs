namespace Rescind;

/// <summary>What a match names. The numbers are stable: they are part of the probe keys' preimage and of stored rows.</summary>
public enum MatchKind : byte
{
    /// <summary>No match; selects nothing.</summary>
    None = 0,

    /// <summary>One access token, by <c>jti</c>.</summary>
    Token = 1,

    /// <summary>One foreign access token without <c>jti</c>, by the SHA-256 of its signing input.</summary>
    Digest = 2,

    /// <summary>Everything of one session, by <c>sid</c>.</summary>
    Session = 3,

    /// <summary>Everything of one person or service, by <c>sub</c>.</summary>
    Subject = 4,

    /// <summary>Everything issued to one application, by <c>client_id</c>.</summary>
    Client = 5,

    /// <summary>Everything that carries one top-level claim with one value.</summary>
    Tag = 6,

    /// <summary>Everything signed by one key, by <c>kid</c> or RFC 7638 thumbprint.</summary>
    Key = 7,

    /// <summary>Everything of one issuer.</summary>
    Issuer = 8,
}
