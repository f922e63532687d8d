using Microsoft.Data.Sqlite;
using Rescind.Authority.Decisions;
using Rescind.Authority.Diagnostics;

namespace Rescind.Authority.Stores.Sqlite;

/// <summary>
/// Puts a backup in the place of a database that nobody has open. It is made ready aside, in one transaction: another
/// epoch, every own session ended, every key gone. Only then it takes its place; until that moment no start opens
/// anything, and a second run does all of it again.
/// </summary>
internal sealed class SqliteRestore(SqliteFiles files, TimeProvider time, Entropy entropy)
{
    private static readonly string[] Beside = ["-wal", "-shm", "-journal"];

    /// <summary>
    /// Restores <paramref name="backup"/>. Throws <see cref="StoreUnavailableException"/> with a sentence, and
    /// everything is as it was, unless the disk failed while files were moved.
    /// </summary>
    /// <param name="backup">
    /// The full path of the backup; the database itself is one as well: a copy that was put there by hand.
    /// </param>
    /// <param name="issuer">What the issuer must be; null if any will do.</param>
    /// <param name="replace">Whether a database that is there may be moved aside.</param>
    /// <param name="audit">Who restores.</param>
    public RestoreResult Run(string backup, string? issuer, bool replace, AuditContext audit)
    {
        if (!replace && (File.Exists(files.Database) || File.Exists(files.Database + "-wal")))
        {
            throw new StoreUnavailableException(Errors.DataThere.Sentence($"It is {files.Database}."));
        }

        RestoreResult made;
        try
        {
            var mark = KnownMark();
            CopyAside(backup, mark);
            (made, mark) = MakeReady(backup, issuer, mark, audit);
            files.WriteMark(mark);
        }
        catch (Exception e)
            when (e is not StoreUnavailableException && SqliteFailure.Of(e, backup) is not StoreUnavailableException)
        {
            Delete(files.Restoring);
            throw Unusable(backup, e.Message, e);
        }
        catch
        {
            Delete(files.Restoring);
            throw;
        }

        var kept = KeepOld();
        File.Move(files.Restoring, files.Database);
        return made with { KeptAs = kept };
    }

    // A damaged mark says nothing: this restore writes the next one.
    private StoreMark KnownMark()
    {
        try
        {
            return files.ReadMark();
        }
        catch (StoreUnavailableException)
        {
            return default;
        }
    }

    private void CopyAside(string backup, StoreMark mark)
    {
        Delete(files.Restoring);
        CopyOwned(backup, files.Restoring);
        if (new FileInfo(backup + "-wal") is not { Exists: true, Length: > 0 } log)
        {
            return;
        }

        if (backup != files.Database)
        {
            throw Unusable(backup, $"{log.Name} lies beside it, so it is a part of a database that was in use.");
        }

        files.RefuseForeignLog(mark);
        CopyOwned(log.FullName, files.Restoring + "-wal");
    }

    private (RestoreResult Made, StoreMark Mark) MakeReady(string backup, string? issuer, StoreMark mark, AuditContext audit)
    {
        using var link = OpenAside(backup);
        SqliteSchema.Inspect(link, backup);
        SqliteCheck.Look(link, backup, static () => false);
        if (link.Int64("pragma user_version") == 0 || SqliteEpoch.RecordedIssuer(link) is not { } recorded)
        {
            throw Unusable(backup, "it is empty.");
        }

        if (issuer is not null && issuer != recorded)
        {
            throw new StoreUnavailableException(Errors.OtherIssuer.Sentence($"{backup} is of {recorded}, not of {issuer}."));
        }

        // Without a log of its own the file alone is the whole database.
        link.Execute("pragma journal_mode = delete");
        link.Execute("pragma synchronous = full");
        SqliteSchema.Upgrade(link);
        var log = new SqliteLog(link, new() { Folder = Path.GetDirectoryName(files.Database)!, Issuer = recorded }, time);
        return BeginAgain(log, mark, audit);
    }

    private (RestoreResult Made, StoreMark Mark) BeginAgain(SqliteLog log, StoreMark mark, AuditContext audit)
    {
        log.Link.Run("begin immediate");
        log.Reload();
        log.BeginItem();
        var (newest, sessions) = (log.Head, LiveSessions(log));
        var reached = new StoreMark(
            mark.Head > newest.Position ? mark.Head : newest.Position,
            Math.Max(mark.Opened, log.Link.Int64("select opened from head")));
        SqliteEpoch.BeginAnother(log, reached, entropy, new(audit, "a backup was restored"));
        ForgetKeys(log, audit);
        log.Audit(
            log.NextPosition(), "restored", audit, new(Reason: $"from a backup whose log ended at {newest.Position.Value}"));
        log.SaveHead();
        log.Link.Run("commit");
        var made = new RestoreResult
        {
            Issuer = log.Options.Issuer, Epoch = log.Head.Epoch, Position = log.Head.Position, BackupPosition = newest.Position,
            BackupTime = DateTimeOffset.FromUnixTimeSeconds(newest.At), EndedSessions = sessions,
        };
        return (made, new(log.Head.Position, reached.Opened));
    }

    // Nobody knows what was signed or derived since, or by whom; and what they are sealed under may be lost.
    private static void ForgetKeys(SqliteLog log, AuditContext audit)
    {
        log.Link.Prepare("delete from keys where state = ?1").Bind((long)KeyState.Refresh).Run();
        var gone = SqliteRegistry.Keys(log.Link).Where(static key => key.State is not KeyState.Revoked && !key.Sealed.IsEmpty)
            .Select(key => key with
            {
                State = KeyState.Retired, RetiredAt = key.RetiredAt ?? log.Second, Sealed = default, PublicJwk = null
            });
        SqliteDecisions.Run(log, new SaveKeysDecision([.. gone], from: null, audit, settlesRestore: false));
    }

    private static long LiveSessions(SqliteLog log) => log.Link.Prepare(
        "select count(*) from sessions where ended_by is null and idle_expires_at > ?1 and expires_at > ?1")
        .Bind(log.Second).Find(static row => row.Int64());

    private SqliteLink OpenAside(string backup)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = files.Restoring, Mode = SqliteOpenMode.ReadWrite, Pooling = false,
        }.ToString());
        try
        {
            connection.Open();
            return new(connection);
        }
        catch (SqliteException e)
        {
            connection.Dispose();
            throw SqliteFailure.Of(e, backup);
        }
    }

    private string? KeepOld()
    {
        var name = $"{files.Database}.replaced-{time.GetUtcNow():yyyyMMdd'T'HHmmss'Z'}";
        var kept = Enumerable.Range(1, int.MaxValue).Select(n => n == 1 ? name : $"{name}-{n}").First(free => !File.Exists(free));
        var had = false;
        foreach (var end in new[] { "", "-wal" })
        {
            if (File.Exists(files.Database + end))
            {
                File.Move(files.Database + end, kept + end);
                had = true;
            }
        }

        File.Delete(files.Database + "-shm");
        return had ? kept : null;
    }

    private static void CopyOwned(string from, string to)
    {
        using var source = new FileStream(from, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var copy = SqliteFiles.OpenOwned(to, FileShare.None);
        source.CopyTo(copy);
        copy.Flush(flushToDisk: true);
    }

    private static void Delete(string database)
    {
        File.Delete(database);
        Array.ForEach(Beside, end => File.Delete(database + end));
    }

    private static StoreUnavailableException Unusable(string backup, string why, Exception? inner = null) =>
        new(Errors.BackupUnusable.Sentence($"{backup}: {why}"), inner);
}
