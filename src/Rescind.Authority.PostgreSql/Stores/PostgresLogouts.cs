using Rescind.Authority.Decisions;
using Rescind.Authority.Stores;

namespace Rescind.Authority.PostgreSql.Stores;

/// <inheritdoc cref="ILogoutStore"/>
internal sealed class PostgresLogouts(PostgresWriter writer, PostgresDatabase database, string ownIssuer, TimeProvider time)
    : ILogoutStore
{
    private const int ForgottenAtOnce = 500;

    public async Task<bool> ExpandAsync(CancellationToken cancellationToken)
    {
        var page = await database.ReadMomentAsync(
            link => PostgresLogoutRows.LookAsync(link, ownIssuer), cancellationToken).ConfigureAwait(false);
        return page.IsWorthKeeping && await writer.RunAsync(
            async transaction =>
            {
                await PostgresLogoutRows.KeepAsync(transaction, page).ConfigureAwait(false);
                return true;
            },
            needsHead: false, cancellationToken).ConfigureAwait(false);
    }

    public async Task<IReadOnlyList<string>> WaitingAsync(CancellationToken cancellationToken) =>
        await database.ReadAsync(PostgresLogoutRows.WaitingAsync, cancellationToken).ConfigureAwait(false);

    public Task<IReadOnlyList<Logout>> ReadAsync(string clientId, long after, int limit, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<Logout>>(
            async link =>
            {
                var logouts = await PostgresLogoutRows.ReadAsync(link, clientId, after, limit).ConfigureAwait(false);
                var living = await LivingAsync(link, logouts).ConfigureAwait(false);
                return [.. logouts.Select(logout => logout with { Stands = !living.Contains(logout.SessionId) })];
            },
            cancellationToken);

    public Task SettleAsync(
        IReadOnlyList<(Logout Logout, LogoutResult Result)> settled, CancellationToken cancellationToken) =>
        Task.WhenAll(settled.Select(one => writer.RunAsync(
            new SettleLogoutDecision(one.Logout, one.Result), needsHead: false, cancellationToken)));

    /// <summary>
    /// Forgets those of a client that is not there, some at a time: very many may be waiting, and others wait for the writer.
    /// </summary>
    public static async Task ForgetAsync(PostgresWriter writer, string clientId, CancellationToken cancellationToken)
    {
        long gone;
        do
        {
            gone = await writer.RunAsync(
                transaction => transaction.Link.ChangeAsync(PostgresLogoutRows.Forget(clientId, ForgottenAtOnce)),
                needsHead: false, cancellationToken).ConfigureAwait(false);
        }
        while (gone == ForgottenAtOnce);
    }

    // A session that is forgotten ended long ago.
    private async Task<HashSet<string>> LivingAsync(PostgresLink link, List<Logout> logouts)
    {
        var now = time.GetUtcNow().ToUnixTimeSeconds();
        var rows = await link.ReadAsync(
            new PostgresStatement($"select {SessionRows.Columns} from sessions where id = any($1)")
                .Bind(logouts.Select(static logout => logout.SessionId)),
            static row => SessionRows.Read(row, isToEnd: true)).ConfigureAwait(false);
        var judged = await PostgresSessionActs.JudgedAsync(
            link, ownIssuer, [.. rows.Select(static row => row.Session)], now).ConfigureAwait(false);
        return judged.Where(session => session.StateAt(now) is not (SessionState.Ended or SessionState.Blocked))
            .Select(static session => session.Id).ToHashSet(StringComparer.Ordinal);
    }
}
