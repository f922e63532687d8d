namespace Rescind.Authority;

/// <summary>What happens to the rest when an old refresh token comes back.</summary>
public enum ReusePolicy : byte
{
    /// <summary>The default: nothing but this session ends.</summary>
    EndSession = 0,

    /// <summary>Only this request is refused.</summary>
    Refuse = 1,

    /// <summary>Every session of the subject ends.</summary>
    EndSubject = 2,
}
