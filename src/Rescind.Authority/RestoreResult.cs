namespace Rescind.Authority;

/// <summary>
/// What a restore did. It has begun a new epoch, ended every own session and removed every key; the next start makes new ones.
/// </summary>
public sealed record RestoreResult
{
    /// <summary>The Authority's own issuer, as the backup recorded it.</summary>
    public required string Issuer { get; init; }

    /// <summary>The new epoch of the log.</summary>
    public required string Epoch { get; init; }

    /// <summary>The head of the log in the new epoch.</summary>
    public required LogPosition Position { get; init; }

    /// <summary>Where the log of the backup ended: what was recorded later is lost.</summary>
    public required LogPosition BackupPosition { get; init; }

    /// <summary>When the newest entry of the backup's log was recorded.</summary>
    public required DateTimeOffset BackupTime { get; init; }

    /// <summary>How many living sessions of the backup were ended.</summary>
    public required long EndedSessions { get; init; }

    /// <summary>Where the database is kept that was there before; null if there was none.</summary>
    public string? KeptAs { get; init; }

    /// <summary>Whether a master key was made, because there was none.</summary>
    public bool MadeMasterKey { get; init; }
}
