using Rescind.Cli.Http;

namespace Rescind.Cli.Doctor;

/// <summary>What a run looks at: an Authority, the data folder where it is at hand, and the APIs that somebody named.</summary>
internal sealed record Patient(AuthorityClient Authority, TimeProvider Time, CancellationToken Cancellation)
{
    /// <summary>The data folder, where one was named.</summary>
    public string? Data { get; init; }

    /// <summary>The file of the last backup, where one was named.</summary>
    public string? BackupFile { get; init; }

    /// <summary>How old the last backup may be.</summary>
    public TimeSpan BackupAge { get; init; }

    /// <summary>The APIs: an audience and a URL that takes its tokens.</summary>
    public IReadOnlyList<(string Audience, Uri Url)> Apis { get; init; } = [];
}

/// <summary>One thing that a run looks at.</summary>
/// <param name="Name">The word that its findings carry.</param>
/// <param name="FindAsync">Looks, and says what it found.</param>
internal sealed record Check(string Name, Func<Patient, Task<IReadOnlyList<Finding>>> FindAsync);
