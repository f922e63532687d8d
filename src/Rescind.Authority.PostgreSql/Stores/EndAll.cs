using Rescind.Authority.Decisions;
using Rescind.Authority.Stores;

namespace Rescind.Authority.PostgreSql.Stores;

/// <summary>
/// Everything from before is dead: at our own issuer by its positions, at others their tokens have to be renewed.
/// </summary>
internal static class EndAll
{
    public static async Task RunAsync(PostgresTransaction transaction, string own, string reason, AuditContext audit)
    {
        var issuers = await transaction.Link.ReadAsync(
            new("select issuer from issuers where not removed"), static row => row.Text()).ConfigureAwait(false);
        foreach (var issuer in issuers.Append(own).Distinct(StringComparer.Ordinal))
        {
            await transaction.DecideAsync(new AppendDecision(new()
            {
                Issuer = issuer, Match = Match.Issuer, Effect = issuer == own ? Effect.End : Effect.Renew,
                Reason = reason, Audit = audit,
            })).ConfigureAwait(false);
        }
    }
}
