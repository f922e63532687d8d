using Rescind.Authority.Sessions;
using Rescind.Authority.Stores;
using Rescind.Authority.Stores.Sqlite;
using Rescind.Authority.Tests.Support;
using Rescind.StoreContract;

namespace Rescind.Authority.Tests.Stores;

/// <summary>G2 on a disk that has kept only a part of what was written since its last sync, or has spoilt a page.</summary>
public sealed class TornDiskTests : StoreSuite, IDisposable
{
    private const int PageBytes = 4096;

    private readonly TemporaryFolder _folder = new();
    private readonly TemporaryFolder _copy = new();
    private readonly Random _random = new(20_261_130);
    private (int Commits, Action Take) _copyAfter;

    public void Dispose()
    {
        _folder.Dispose();
        _copy.Dispose();
    }

    internal override Task<OpenedStore> OpenAsync() => SqliteUnderTest.OpenAsync(_folder.Path, Time, options => options with
    {
        Before = step =>
        {
            if (step is WriteStep.Committed && --_copyAfter.Commits == 0)
            {
                _copyAfter.Take();
            }
        },
    });

    [Fact]
    public async Task Nothing_acknowledged_is_lost_wherever_the_log_is_cut_after_its_last_sync()
    {
        await using var store = await OpenAsync();
        var acknowledged = new List<Revocation>();
        for (var round = 0; round < CountOf(200); round++)
        {
            for (var i = 0; i < _random.Next(1, 4); i++)
            {
                acknowledged.Add(await RevokeAsync(store, Match.Subject($"{round}-{i}")));
            }

            var synced = new FileInfo(Log(_folder)).Length;
            CopyDatabase();
            _copyAfter = (1, CopyLog);
            await Task.WhenAll(Enumerable.Range(0, 5).Select(i => RevokeAsync(store, Match.Subject($"unanswered-{round}-{i}"))));
            Tear(Log(_copy), synced);

            await using var again = await SqliteUnderTest.OpenAsync(_copy.Path, Time);
            (await again.Registry.LoadAsync(Cancel)).Restored.ShouldBeFalse();
            (await ReadProvedLogAsync(again)).Select(entry => entry.Position).ShouldBe(
                (await ReadProvedLogAsync(store)).Select(entry => entry.Position).Take(await CountAsync(again)));
            foreach (var act in acknowledged)
            {
                (await again.Revocations.FindAsync(act.Position, Cancel)).ShouldNotBeNull();
            }

            await RevokeAsync(again, Match.Subject("later"));
        }
    }

    [Fact]
    public async Task Nobody_lives_again_wherever_a_purge_is_killed()
    {
        await using var store = await OpenAsync();
        var ended = new List<Session>();
        for (var round = 0; round < CountOf(200); round++)
        {
            for (var i = 0; i < 5; i++)
            {
                var session = await StartAsync(store, NewSession($"{round}-{i}"));
                await RevokeAsync(store, i % 2 == 0 ? Match.Subject($"{round}-{i}") : Match.Session(session.Id));
                ended.Add(session);
            }

            Time.Advance(TimeSpan.FromDays(_random.Next(1, 120)));
            CopyAll();
            _copyAfter = (_random.Next(1, 12), CopyAll);
            await store.Revocations.PurgeAsync(Cancel);

            await using var again = await SqliteUnderTest.OpenAsync(_copy.Path, Time);
            foreach (var session in ended.TakeLast(50))
            {
                (await RotateAsync(again, session)).Result.ShouldNotBe(RotationResult.Rotated);
            }

            await again.Revocations.PurgeAsync(Cancel);
        }
    }

    [Fact]
    public async Task An_act_that_names_a_thousand_sessions_is_there_as_a_whole_or_not_at_all()
    {
        await using var store = await OpenAsync();
        var sessions = await Task.WhenAll(Enumerable.Range(0, 1001).Select(_ => StartAsync(store, NewSession())));
        for (var round = 0; round < CountOf(200); round++)
        {
            var synced = new FileInfo(Log(_folder)).Length;
            CopyDatabase();
            _copyAfter = (1, CopyLog);
            var draft = Draft(Match.Subject("alice")) with { Except = [sessions[0].Id] };
            var act = (await store.Revocations.RevokeAsync(draft, Cancel)).Revocation!;
            Tear(Log(_copy), synced);

            await using var again = await SqliteUnderTest.OpenAsync(_copy.Path, Time);
            var (isThere, entries) =
                (await again.Revocations.FindAsync(act.Position, Cancel) is not null, await ReadProvedLogAsync(again));
            entries.Count(entry => entry.State?.End.By == act.Position).ShouldBe(isThere ? 1000 : 0);
            await store.Revocations.LiftAsync(act.Position, Caller, Cancel);
        }
    }

    [Fact]
    public async Task A_page_of_garbage_wherever_it_is_is_refused_with_a_number_or_has_spoilt_nothing()
    {
        var acknowledged = new List<Revocation>();
        await using (var store = await OpenAsync())
        {
            for (var i = 0; i < 30; i++)
            {
                await StartAsync(store, NewSession($"subject-{i}"));
                acknowledged.Add(await RevokeAsync(store, Match.Subject($"subject-{i}")));
            }
        }

        var (pages, refused) = (new FileInfo(Database(_folder)).Length / PageBytes, 0);
        for (var page = 0; page < pages; page++)
        {
            CopyAll();
            SpoilPage(page);
            try
            {
                await using var again = await SqliteUnderTest.OpenAsync(_copy.Path, Time);
                (await ReadProvedLogAsync(again)).Count.ShouldBe(acknowledged.Count);
                foreach (var act in acknowledged)
                {
                    (await again.Revocations.FindAsync(act.Position, Cancel)).ShouldNotBeNull();
                }
            }
            catch (StoreUnavailableException e)
            {
                e.Message.ShouldStartWith("RSC1008 ");
                refused++;
            }
        }

        refused.ShouldBeGreaterThan((int)pages / 2);
    }

    private static string Database(TemporaryFolder folder) => Path.Combine(folder.Path, SqliteStoreOptions.DefaultFileName);

    private static string Log(TemporaryFolder folder) => Database(folder) + "-wal";

    private static async Task<int> CountAsync(OpenedStore store) => (await ReadProvedLogAsync(store)).Count;

    // What a disk would have that stopped at this moment.
    private void CopyAll()
    {
        CopyDatabase();
        CopyLog();
    }

    private void CopyDatabase() => Copy(SqliteStoreOptions.DefaultFileName);

    // The log alone, beside a database from before the commit: SQLite writes no page there whose log is not synced. The
    // index of the log is not on the disk.
    private void CopyLog()
    {
        Copy(SqliteStoreOptions.DefaultFileName + "-wal");
        Copy("head");
        File.Delete(Database(_copy) + "-shm");
    }

    private void Copy(string name)
    {
        var (from, to) = (Path.Combine(_folder.Path, name), Path.Combine(_copy.Path, name));
        File.Delete(to);
        if (File.Exists(from))
        {
            File.Copy(from, to);
        }
    }

    // Of what was not synced, any prefix and any sector may be there, or be something else.
    private void Tear(string log, long synced)
    {
        using var file = File.Open(log, FileMode.Open);
        var length = _random.NextInt64(Math.Min(synced, file.Length), file.Length + 1);
        file.SetLength(length);
        for (var i = 0; i < _random.Next(3) && length > synced + 512; i++)
        {
            file.Position = _random.NextInt64(synced, length - 511);
            var sector = new byte[512];
            _random.NextBytes(sector);
            file.Write(sector);
        }
    }

    private void SpoilPage(long page)
    {
        var garbage = new byte[PageBytes];
        _random.NextBytes(garbage);
        using var file = File.Open(Database(_copy), FileMode.Open);
        file.Position = page * PageBytes;
        file.Write(garbage);
    }
}
