namespace Rescind.Authority.Stores;

/// <summary>How far the acts were looked through: up to that session of that act.</summary>
internal sealed record LogoutCursor(LogPosition Act, long Session)
{
    public const string Select = "select act, session from logout_cursor";

    /// <summary>Reads it.</summary>
    public static LogoutCursor Read(Row row) => new(row.Position(), row.Int64());

    public static InvalidDataException Missing() => new("The database has no cursor of logouts.");
}

/// <summary>A session whose client is to be told, and the act that ended it.</summary>
internal sealed record EndedSession(Session Session, LogPosition Act);

/// <summary>What a look at some of the acts found, and how far it reached.</summary>
/// <param name="From">Where it began.</param>
/// <param name="To">How far it reached.</param>
/// <param name="Ended">What it found.</param>
/// <param name="IsWorthKeeping">
/// Whether the next look should begin where this one ended: it found an act that ends sessions, or came across very
/// many that do not.
/// </param>
internal sealed record EndedSessionsPage(
    LogoutCursor From, LogoutCursor To, IReadOnlyList<EndedSession> Ended, bool IsWorthKeeping)
{
    /// <summary>
    /// The most sessions that one look judges, and the most acts that it reads: a bound for the writer, who keeps what
    /// was found.
    /// </summary>
    public const int MaxLooked = 500;

    /// <summary>The most sessions that one look walks over: those of clients that are told nothing, too.</summary>
    public const int MaxWalked = 5_000;
}

/// <summary>Logouts as rows.</summary>
internal static class LogoutRows
{
    public const string Columns = "number, session, subject, client_id, act, since";

    /// <summary>Reads <see cref="Columns"/>; each seems to stand.</summary>
    public static Logout Read(Row row) => new(
        row.Int64(), row.Text(), row.Text(), row.Text(), row.Position(), row.Int64(), Stands: true);
}
