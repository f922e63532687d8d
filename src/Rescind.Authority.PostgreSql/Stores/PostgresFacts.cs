using Rescind.Authority.Stores;

namespace Rescind.Authority.PostgreSql.Stores;

/// <summary>Looks up what decisions ask for, as the transaction of a connection sees it.</summary>
internal static class PostgresFacts
{
    public static async Task<IFacts> FindAsync(PostgresLink link, string ownIssuer, Want want) => new KnownFact(want switch
    {
        SessionById session => await PostgresSessionRows.FindAsync(link, session.Id, session.IsToEnd).ConfigureAwait(false),
        ActsTouching touching => await PostgresSessionActs.FindTouchingAsync(
            link, ownIssuer, touching.Session, touching.Now).ConfigureAwait(false),
        StateOf state => await PostgresActs.FindStateAsync(link, state).ConfigureAwait(false),
        IssuerOf issuer => await PostgresRegistryRows.FindIssuerAsync(link, issuer).ConfigureAwait(false),
        SessionsNamed named => await PostgresAffected.FindNamedAsync(link, ownIssuer, named).ConfigureAwait(false),
        NamesMoreThan names =>
            await PostgresAffected.IsMoreThanAsync(link, ownIssuer, names.Match, names.Most).ConfigureAwait(false),
        AnswerTo answer => await PostgresAnswers.FindAsync(link, answer).ConfigureAwait(false),
        KeyInLog key => await PostgresRegistryRows.FindInLogAsync(link, key).ConfigureAwait(false),
        IsNoted note => await PostgresAuditRows.IsNotedAsync(link, note).ConfigureAwait(false),
        IsWaiting logout => await PostgresLogoutRows.IsWaitingAsync(link, logout).ConfigureAwait(false),
        _ => await FindOfActsAsync(link, ownIssuer, want).ConfigureAwait(false),
    });

    private static async Task<object?> FindOfActsAsync(PostgresLink link, string ownIssuer, Want want) => want switch
    {
        ActAt act => await PostgresActs.FindAsync(link, act.Position).ConfigureAwait(false),
        ActsOn acts => await PostgresActs.FindOnAsync(link, ownIssuer, acts).ConfigureAwait(false),
        NewestOwnEnd end => await PostgresActs.FindOwnEndAsync(link, end).ConfigureAwait(false),
        OwnSparingEnds ends => await PostgresActs.FindOwnSparingEndsAsync(link, ends).ConfigureAwait(false),
        FurthestEndOf end => await PostgresActs.FindFurthestEndAsync(link, ownIssuer, end.Subject).ConfigureAwait(false),
        OldestEndOf end => await PostgresActs.FindOldestEndAsync(link, ownIssuer, end).ConfigureAwait(false),
        SelectedBy selected => await PostgresSelected.FindAsync(link, selected).ConfigureAwait(false),
        HasSelected selected => await PostgresSelected.HasAsync(link, selected).ConfigureAwait(false),
        SpreadOf spread => await PostgresSpread.FindAsync(link, spread.Act).ConfigureAwait(false),
        _ => throw new ArgumentException($"PostgreSQL does not answer {want.GetType().Name}.", nameof(want)),
    };
}

/// <summary>What was looked up, for the one who asked.</summary>
internal sealed class KnownFact(object? fact) : IFacts
{
    public TFact Get<TFact>(Want<TFact> want) => (TFact)fact!;
}
