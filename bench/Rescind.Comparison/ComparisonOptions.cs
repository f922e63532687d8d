namespace Rescind.Comparison;

/// <summary>Whose figures are compared: the users, requests and logouts of the reader's own system.</summary>
public sealed record ComparisonOptions
{
    /// <summary>How many people are logged in.</summary>
    public int Users { get; init; } = 10_000;

    /// <summary>How many requests the API gets in a second.</summary>
    public int RequestsPerSecond { get; init; } = 200;

    /// <summary>How long an access token is good where nothing can take it back.</summary>
    public TimeSpan TokenLifetime { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How many people log out in a day.</summary>
    public int LogoutsPerDay { get; init; } = 5_000;

    /// <summary>The connection string of a PostgreSQL server to measure with; null for none. It may hold a secret.</summary>
    public string? Postgres { get; init; }

    /// <summary>The address of a Redis server to measure with; null for none. It may hold a secret.</summary>
    public string? Redis { get; init; }

    /// <summary>
    /// Which stores the ways with a database are measured on: <c>sqlite</c>, <c>postgresql</c>, <c>redis</c>; empty for all
    /// that there are.</summary>
    public IReadOnlyList<string> Stores { get; init; } = [];

    /// <summary>The ways to measure, by their ids; empty for all.</summary>
    public IReadOnlyList<string> Ways { get; init; } = [];

    /// <summary>
    /// How long everything but starting takes, beside the default: smaller for a first look, with rougher figures.
    /// </summary>
    public double Effort { get; init; } = 1;

    /// <summary>
    /// How to start the program rescind, which is the Authority: the executable, and what stands before its verb.
    /// </summary>
    public required IReadOnlyList<string> Program { get; init; }
}
