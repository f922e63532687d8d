using System.Net;
using System.Security.Cryptography;
using Microsoft.Data.Sqlite;
using Rescind.Authority.Stores.Sqlite;
using Rescind.Authority.Tests.Support;

namespace Rescind.Authority.Tests.Endpoints;

/// <summary><c>POST /v1/backup</c> over real HTTP.</summary>
public sealed class BackupEndpointTests(SharedAuthority shared) : IClassFixture<SharedAuthority>
{
    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;

    private readonly AuthorityHost _authority = shared.Host;

    [Fact]
    public async Task The_answer_is_a_whole_database_with_its_digest_and_leaves_nothing_behind()
    {
        await _authority.RevokeAsync(Match.Subject("backed-up"));
        using var folder = new TemporaryFolder();

        var (file, answer) = await FetchAsync(folder);

        var digest = Convert.ToBase64String(SHA256.HashData(await File.ReadAllBytesAsync(file, Cancel)));
        answer.Headers.GetValues("Repr-Digest").ShouldBe([$"sha-256=:{digest}:"]);
        answer.Content.Headers.ContentLength.ShouldBe(new FileInfo(file).Length);
        answer.Headers.CacheControl!.NoStore.ShouldBeTrue();
        using var database = Open(file);
        Scalar(database, "pragma integrity_check").ShouldBe("ok");
        Scalar(database, "select count(*) from acts where value = 'backed-up'").ShouldBe(1L);
        Scalar(database, "select count(*) from audit where action = 'backup.made'").ShouldNotBe(0L);
        Directory.GetFiles(DataFolder).ShouldNotContain(left => left.EndsWith(".backup", StringComparison.Ordinal));
    }

    [Fact]
    public async Task It_is_consistent_while_others_write()
    {
        using var folder = new TemporaryFolder();
        using var stop = new CancellationTokenSource();
        var writing = Task.Run(
            async () =>
            {
                for (var i = 0; !stop.IsCancellationRequested; i++)
                {
                    await _authority.RevokeAsync(Match.Subject($"while-{i}"));
                }
            },
            Cancel);

        for (var i = 0; i < 5; i++)
        {
            var (file, _) = await FetchAsync(folder);
            using var database = Open(file);
            Scalar(database, "pragma integrity_check").ShouldBe("ok");
            Scalar(database, "select position from head").ShouldBe(Scalar(database, "select max(position) from log"));
            File.Delete(file);
        }

        await stop.CancelAsync();
        await writing;
    }

    [Fact]
    public async Task One_at_a_time_and_the_next_is_told_to_come_later()
    {
        using (_authority.Get<SqliteStore>().Backup.TryTakeTurn())
        {
            var refused = await _authority.PostJsonAsync("/v1/backup", await _authority.BearerAsync("admin"), "{}");

            refused.ShouldBeProblem(HttpStatusCode.ServiceUnavailable);
            (refused["code"], refused.Response.Headers.RetryAfter!.ToString()).ShouldBe(("RSC1023", "10"));
        }

        using var folder = new TemporaryFolder();
        await FetchAsync(folder);
    }

    [Fact]
    public async Task A_caller_that_leaves_gives_its_turn_back()
    {
        using var gone = new CancellationTokenSource();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/backup");
        request.Headers.Authorization = new("Bearer", await _authority.BearerAsync("admin"));
        using (await _authority.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, gone.Token))
        {
            await gone.CancelAsync();
        }

        using var folder = new TemporaryFolder();
        for (var attempt = 0; (await TryFetchAsync(folder)) is null; attempt++)
        {
            attempt.ShouldBeLessThan(200);
            await Task.Delay(50, Cancel);
        }
    }

    private string DataFolder => Path.GetFullPath(
        _authority.Get<Microsoft.Extensions.Options.IOptions<AuthorityOptions>>().Value.DataDirectory);

    private async Task<(string File, HttpResponseMessage Answer)> FetchAsync(TemporaryFolder folder) =>
        (await TryFetchAsync(folder)).ShouldNotBeNull();

    private async Task<(string File, HttpResponseMessage Answer)?> TryFetchAsync(TemporaryFolder folder)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/backup");
        request.Headers.Authorization = new("Bearer", await _authority.BearerAsync("admin"));
        var answer = await _authority.Http.SendAsync(request, Cancel);
        if (answer.StatusCode is not HttpStatusCode.OK)
        {
            return null;
        }

        var file = Path.Combine(folder.Path, "backup.db");
        await File.WriteAllBytesAsync(file, await answer.Content.ReadAsByteArrayAsync(Cancel), Cancel);
        return (file, answer);
    }

    private static SqliteConnection Open(string file)
    {
        var connection = new SqliteConnection($"Data Source={file};Pooling=False;Mode=ReadOnly");
        connection.Open();
        return connection;
    }

    private static object? Scalar(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // The test's own texts.
        command.CommandText = sql;
#pragma warning restore CA2100
        return command.ExecuteScalar();
    }
}
