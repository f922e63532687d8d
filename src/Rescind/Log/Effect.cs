namespace Rescind;

/// <summary>What a revocation does to what it matches.</summary>
public enum Effect : byte
{
    /// <summary>No effect; refused wherever an effect is required.</summary>
    None = 0,

    /// <summary>
    /// Over: tokens issued before the cutoff and our own sessions started before it; on token, session and key unconditionally.
    /// </summary>
    End = 1,

    /// <summary>Access tokens issued before the cutoff are dead; refresh goes on.</summary>
    Renew = 2,

    /// <summary>Tokens whose login is not after the cutoff second are dead (RFC 9470).</summary>
    Reauthenticate = 3,

    /// <summary>Every token, whenever issued, is dead until a moment; starts and refreshes too.</summary>
    Block = 4,
}
