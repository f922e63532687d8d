using System.Globalization;
using System.Net;
using Microsoft.Data.Sqlite;
using Rescind.Authority.Keys;
using Rescind.Authority.Sessions;
using Rescind.Authority.Stores;
using Rescind.Authority.Stores.Sqlite;
using Rescind.Authority.Tests.Support;

namespace Rescind.Authority.Tests.Stores;

/// <summary>A backup that is put back: what it gives, what it ends, and what it refuses.</summary>
public sealed class RestoreTests : IDisposable
{
    private const string Idp = "https://idp.example.com";

    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;

    private readonly TemporaryFolder _folder = new();

    private string Data => Path.Combine(_folder.Path, "data");

    private string Database => Path.Combine(Data, "rescind.db");

    private string Backup => Path.Combine(_folder.Path, "backup.db");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Sessions_are_ended_keys_replaced_foreign_tokens_renewed_and_clients_kept()
    {
        string access;
        Session session;
        string[] keys;
        await using (var before = await AuthorityHost.StartAsync(data: Data))
        {
            session = await before.StartSessionAsync();
            access = before.AccessTokenOf(session);
            keys = [.. before.Get<KeyRing>().Keys.Select(key => key.Id)];
            await before.AddClientAsync("shop", scopes: "revoke");
            await before.PostJsonAsync(
                "/v1/issuers", await before.BearerAsync("admin"), $$"""{"issuer":"{{Idp}}","profile":"oidc"}""");
            await FetchAsync(before);
        }

        var result = Restore(replace: true);

        (result.Issuer, result.EndedSessions, result.MadeMasterKey).ShouldBe((AuthorityHost.Issuer, 1, false));
        await using var after = await AuthorityHost.StartAsync(data: Data);
        after.Tail.Head.Epoch.ShouldBe(result.Epoch);
        after.Read(access).ShouldBeNull();
        after.Get<KeyRing>().Keys.Select(key => key.Id).ShouldNotContain(id => keys.Contains(id));
        (await after.RefreshAsync(after.RefreshTokens.Derive(await after.StartSessionAsync()))).Status
            .ShouldBe(HttpStatusCode.OK);
        (await after.PostFormAsync("/token", "grant_type=client_credentials", basic: "shop")).Status.ShouldBe(HttpStatusCode.OK);
        var admin = await after.BearerAsync("admin");
        (await after.GetAsync($"/v1/sessions/{session.Id}", admin))["state"].ShouldBe("ended");
        var acts = await after.GetAsync($"/v1/revocations?issuer={Uri.EscapeDataString(Idp)}&match=issuer", admin);
        acts.Text.ShouldContain("\"effect\":\"renew\"");
        (await after.GetAsync("/v1/audit?actor=local:alice", admin)).Text.ShouldContain("\"restored\"");
    }

    [Fact]
    public async Task On_a_machine_without_anything_a_master_key_is_made_and_the_start_takes_it()
    {
        await BackedUpAsync();
        Directory.Delete(Data, recursive: true);

        Restore().MadeMasterKey.ShouldBeTrue();

        File.Exists(Path.Combine(Data, "master.key")).ShouldBeTrue();
        await using var after = await AuthorityHost.StartAsync(data: Data);
        (await after.RefreshAsync(after.RefreshTokens.Derive(await after.StartSessionAsync()))).Status
            .ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task What_is_in_place_is_replaced_only_if_told_and_then_kept_whole_with_its_log()
    {
        await BackedUpAsync();

        Refusal(() => Restore()).ShouldStartWith("RSC1026 ");
        File.WriteAllText(Database + "-wal", "");

        var kept = Restore(replace: true).KeptAs.ShouldNotBeNull();

        File.Exists(kept).ShouldBeTrue();
        File.Exists(kept + "-wal").ShouldBeTrue();
        File.Exists(Database + "-wal").ShouldBeFalse();
        Restore(replace: true).KeptAs.ShouldNotBe(kept);
    }

    [Fact]
    public async Task A_copy_that_was_put_in_place_by_hand_is_restored_where_it_is_with_what_its_log_holds()
    {
        await using (var before = await AuthorityHost.StartAsync(data: Data))
        {
            await before.RevokeAsync(Match.Subject("in-the-log"));
            Directory.CreateDirectory(Data + "2");
            Array.ForEach(["rescind.db", "rescind.db-wal", "master.key", "head"], file =>
                File.Copy(Path.Combine(Data, file), Path.Combine(Data + "2", file)));
        }

        BreakGlass.Restore(Path.Combine(Data + "2", "rescind.db"), Data + "2", "local:alice", replace: true);

        await using var after = await AuthorityHost.StartAsync(data: Data + "2");
        (await after.GetAsync("/v1/revocations?subject=in-the-log", await after.BearerAsync("admin"))).Text
            .ShouldContain("in-the-log");
    }

    [Fact]
    public async Task A_running_server_keeps_its_data()
    {
        await using var running = await AuthorityHost.StartAsync(data: Data);
        await FetchAsync(running);

        Refusal(() => Restore(replace: true)).ShouldStartWith("RSC1006 ");

        await running.RevokeAsync(Match.Subject("alice"));
    }

    [Theory]
    [InlineData("missing", "RSC1024")]
    [InlineData("empty", "RSC1024")]
    [InlineData("text", "RSC1008")]
    [InlineData("cut", "RSC1008")]
    [InlineData("later", "RSC1007")]
    [InlineData("other program", "RSC1008")]
    [InlineData("without tables", "RSC1024")]
    [InlineData("never started", "RSC1024")]
    [InlineData("beside a log", "RSC1024")]
    [InlineData("other issuer", "RSC1003")]
    public async Task What_is_no_whole_backup_is_refused_and_the_data_stays_as_it_was(string kind, string code)
    {
        await BackedUpAsync();
        Spoil(kind);
        var before = Contents();

        Refusal(() => Restore(replace: true)).ShouldStartWith(code + " ");

        Contents().ShouldBe(before);
    }

    [Fact]
    public async Task A_restore_that_did_not_end_is_never_served_and_a_second_one_ends_it()
    {
        await BackedUpAsync();
        File.WriteAllText(Database + ".restoring", "half");
        File.Delete(Database);

        Refusal(() => SqliteStore.Open(
            new() { Folder = Data, Issuer = AuthorityHost.Issuer }, TimeProvider.System, Entropy.System).ToString())
            .ShouldStartWith("RSC1025 ");
        File.Exists(Database).ShouldBeFalse();

        Restore();
        await using var after = await AuthorityHost.StartAsync(data: Data);
        File.Exists(Database + ".restoring").ShouldBeFalse();
    }

    [Fact]
    public async Task A_damaged_mark_is_written_anew()
    {
        await BackedUpAsync();
        File.WriteAllText(Path.Combine(Data, "head"), "nonsense");

        var result = Restore(replace: true);

        File.ReadAllText(Path.Combine(Data, "head"))
            .ShouldStartWith(result.Position.Value.ToString(CultureInfo.InvariantCulture));
        await using var after = await AuthorityHost.StartAsync(data: Data);
        after.Tail.Head.Epoch.ShouldBe(result.Epoch);
    }

    [Fact]
    public async Task The_new_epoch_lies_beyond_everything_that_was_known_here()
    {
        await BackedUpAsync();
        var known = DateTimeOffset.UtcNow.AddHours(1).ToUnixTimeMilliseconds() * 1000;
        File.WriteAllText(Path.Combine(Data, "head"), string.Create(CultureInfo.InvariantCulture, $"{known} 7"));

        var result = Restore(replace: true);

        result.Position.Value.ShouldBeGreaterThan(known);
        await using var after = await AuthorityHost.StartAsync(data: Data);
        after.Tail.Head.Epoch.ShouldBe(result.Epoch);
    }

    private RestoreResult Restore(bool replace = false) => BreakGlass.Restore(Backup, Data, "local:alice", replace);

    private static string Refusal(Func<object?> act)
    {
        try
        {
            act();
        }
        catch (Exception e) when (e is InvalidOperationException or Authority.Stores.StoreUnavailableException)
        {
            return e.Message;
        }

        throw new InvalidOperationException("It was not refused.");
    }

    private async Task BackedUpAsync()
    {
        await using var authority = await AuthorityHost.StartAsync(data: Data);
        await FetchAsync(authority);
    }

    private async Task FetchAsync(AuthorityHost authority)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/backup");
        request.Headers.Authorization = new("Bearer", await authority.BearerAsync("admin"));
        using var answer = await authority.Http.SendAsync(request, Cancel);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        await File.WriteAllBytesAsync(Backup, await answer.Content.ReadAsByteArrayAsync(Cancel), Cancel);
    }

    private void Spoil(string kind)
    {
        switch (kind)
        {
            case "missing":
                File.Delete(Backup);
                break;
            case "empty":
                File.WriteAllText(Backup, "");
                break;
            case "text":
                File.WriteAllText(Backup, new string('x', 10_000));
                break;
            case "cut":
                using (var file = File.OpenWrite(Backup))
                {
                    file.SetLength(file.Length / 2);
                }

                break;
            case "beside a log":
                File.WriteAllText(Backup + "-wal", "more");
                break;
            case "other issuer":
                File.WriteAllText(
                    Path.Combine(Data, "appsettings.json"), """{"Rescind":{"Issuer":"https://other.example.com"}}""");
                break;
            default:
                Execute(kind switch
                {
                    "later" => $"pragma user_version = {SqliteSchema.Version + 1}",
                    "other program" => "pragma application_id = 1",
                    "without tables" => "drop table acts",
                    _ => "delete from head",
                });
                break;
        }
    }

    private void Execute(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={Backup};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // The test's own texts.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }

    private string[] Contents() => [.. Directory.GetFiles(Data).Order(StringComparer.Ordinal).Select(file =>
        $"{file} {Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(file)))}")];
}
