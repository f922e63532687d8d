using Rescind.Authority.Stores;

namespace Rescind.Authority.PostgreSql.Stores;

/// <summary>How far one attempt of a transaction came.</summary>
internal sealed class Commitment
{
    /// <summary>Whether COMMIT may have been sent: from then on nobody knows until it has returned.</summary>
    public bool IsBegun { get; set; }

    public LogCommit? Log { get; set; }
}
