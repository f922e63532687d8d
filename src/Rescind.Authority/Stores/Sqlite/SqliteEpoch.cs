using Rescind.Authority.Diagnostics;

namespace Rescind.Authority.Stores.Sqlite;

/// <summary>Which log this is: a first start begins one, and so does a start on an older copy of the database.</summary>
internal static class SqliteEpoch
{
    private static readonly Origin Authority = new("authority", null, null);
    private static readonly EpochCause OlderCopy = new(Authority, "the store was restored from an older copy");

    /// <summary>Brings the head up; <paramref name="mark"/> is what was last known of it here. Writes nothing where nothing is new.</summary>
    public static void Begin(SqliteLog log, StoreMark mark, Entropy entropy)
    {
        log.Link.Run("begin immediate");
        switch (RecordedIssuer(log.Link))
        {
            case null:
                Insert(log, LogHead.Empty(entropy.NextId()), mark.Opened);
                break;
            case var recorded when !log.IsOwn(recorded):
                throw new StoreUnavailableException(
                    Errors.OtherIssuer.Sentence($"It is {recorded}, not {log.Options.Issuer}: its tokens would all be refused."));
        }

        // The mark of the head is a second old at most, and that second may be all that was lost; the count of openings was in the file before any
        // change of that opening was acknowledged.
        log.Reload();
        if (log.Head.Position < mark.Head || log.Link.Int64("select opened from head") < mark.Opened)
        {
            BeginAnother(log, mark, entropy, OlderCopy);
            log.SaveHead();
            log.TakeAppended();
        }

        log.Link.Run("commit");
        log.Link.Execute("pragma wal_checkpoint(truncate)");
    }

    /// <summary>
    /// Counts this opening in the file itself, not in its log alone: from then on every state of the file says which log may lie beside it.
    /// Null, and to be tried again, while a reader of before keeps the count out of the file.
    /// </summary>
    public static StoreMark? CountOpening(SqliteLog log, StoreMark mark)
    {
        var opened = Math.Max(mark.Opened, log.Link.Int64("select opened from head")) + 1;
        log.Link.Prepare("update head set opened = ?1").Bind(opened).Run();
        using var row = log.Link.Prepare("pragma wal_checkpoint(passive)");
        var isWhole = row.Step() && row.Int64() == 0 && row.Int64() == row.Int64();
        return isWhole ? new(mark.Head, opened) : null;
    }

    /// <summary>The issuer of the first start; null before it.</summary>
    public static string? RecordedIssuer(SqliteLink link)
    {
        using var row = link.Prepare("select issuer from head");
        return row.Step() ? row.Text() : null;
    }

    /// <summary>
    /// Begins another log on data that lost revocations and rotations, in the open transaction. Everything from before is dead, at our own issuer
    /// by its positions, elsewhere by renewal; followers see another epoch and keep what they have beside it (design: fork).
    /// </summary>
    public static void BeginAnother(SqliteLog log, StoreMark mark, Entropy entropy, EpochCause cause)
    {
        var last = log.Head.Position < mark.Head ? mark.Head : log.Head.Position;
        var head = new LogHead(entropy.NextId(), last, log.Head.At, LogChain.Start("none"));
        log.Link.Run("delete from log");
        log.Link.Run("delete from head");
        Insert(log, head with { Chain = LogChain.Start(head.Epoch) }, mark.Opened);
        log.Link.Run("update head set restored = 1");
        log.Reload();
        log.BeginItem();
        foreach (var issuer in Issuers(log.Link).Append(log.Options.Issuer).Distinct(StringComparer.Ordinal))
        {
            SqliteActs.Append(log, new()
            {
                Issuer = issuer,
                Match = Match.Issuer,
                Effect = log.IsOwn(issuer) ? Effect.End : Effect.Renew,
                Reason = cause.Reason,
                Origin = cause.Origin,
            });
        }
    }

    private static void Insert(SqliteLog log, LogHead head, long opened) => log.Link.Prepare(
        "insert into head (one, issuer, epoch, position, at, chain, base_position, base_chain, restored, opened) "
        + "values (1, ?1, ?2, ?3, ?4, ?5, ?3, ?5, 0, ?6)")
        .Bind(log.Options.Issuer).Bind(head.Epoch).Bind(head.Position).Bind(head.At).Bind(head.Chain.ToBytes()).Bind(opened).Run();

    private static List<string> Issuers(SqliteLink link)
    {
        using var rows = link.Prepare("select issuer from issuers");
        var issuers = new List<string>();
        while (rows.Step())
        {
            issuers.Add(rows.Text());
        }

        return issuers;
    }
}

/// <summary>Why another epoch begins, and who began it.</summary>
internal sealed record EpochCause(Origin Origin, string Reason);
