using System.Net;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Rescind.Authority.Clients;
using Rescind.Authority.Feeding;
using Rescind.Authority.Stores;
using Rescind.Authority.Stores.Sqlite;
using Rescind.Authority.Tests.Support;

namespace Rescind.Authority.Tests.Endpoints;

/// <summary>Snapshots cost the store something while they are read: a few at once, and none for ever.</summary>
public sealed class SnapshotEndpointTests
{
    [Fact]
    public async Task One_client_has_a_few_under_way_and_the_next_is_told_to_come_again()
    {
        await using var authority = await AuthorityHost.StartAsync();
        var client = await authority.AddClientAsync("orders", ClientKind.Confidential, "feed");
        var bearer = authority.Tokens.IssueFor(client, ["feed"], authority.Tail.Head.Position).Text;
        var downloads = authority.Get<SnapshotDownloads>();
        var underWay = Enumerable.Range(0, SnapshotDownloads.MaxOfOneClient).Select(_ => downloads.TryBegin("orders")!).ToList();

        var refused = await authority.GetAsync("/v1/feed/snapshot", bearer);
        underWay[0].Dispose();
        var served = await authority.GetAsync("/v1/feed/snapshot", bearer);

        refused.ShouldBeProblem(HttpStatusCode.ServiceUnavailable);
        refused["code"].ShouldBe("RSC1912");
        refused.Response.Headers.RetryAfter.ShouldNotBeNull();
        served.Status.ShouldBe(HttpStatusCode.OK);
        downloads.TryBegin("stock").ShouldNotBeNull();
    }

    [Theory]
    [InlineData(-23, HttpStatusCode.OK)]
    [InlineData(-25, HttpStatusCode.Conflict)]
    [InlineData(-40, HttpStatusCode.Conflict)]
    [InlineData(1000, HttpStatusCode.OK)]
    public async Task A_verifier_whose_clock_is_more_than_a_day_behind_is_sent_nothing_that_would_not_do(
        int hours, HttpStatusCode status)
    {
        await using var authority = await AuthorityHost.StartAsync();
        var now = DateTimeOffset.UtcNow.AddHours(hours).ToUnixTimeSeconds();

        var answer = await authority.GetAsync($"/v1/feed/snapshot?now={now}", await authority.BearerAsync("feed"));

        answer.Status.ShouldBe(status);
        if (status is HttpStatusCode.Conflict)
        {
            answer.ShouldBeProblem(HttpStatusCode.Conflict);
            answer["code"].ShouldBe("RSC1913");
        }
    }

    [Fact]
    public async Task A_verifier_that_needs_what_another_clock_has_forgotten_is_told_so()
    {
        using var folder = new TemporaryFolder();
        await using var authority = await AuthorityHost.StartAsync(data: folder.Path);
        var (now, bearer) = (DateTimeOffset.UtcNow.ToUnixTimeSeconds(), await authority.BearerAsync("feed"));
        await using (var connection = new SqliteConnection(
            $"Data Source={Path.Combine(folder.Path, "rescind.db")};Pooling=False"))
        {
            await connection.OpenAsync(TestContext.Current.CancellationToken);
            await using var command = connection.CreateCommand();
            command.CommandText = $"update head set forgotten = {now - 3600}";
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        var refused = await authority.GetAsync($"/v1/feed/snapshot?now={now - 7200}", bearer);

        refused.ShouldBeProblem(HttpStatusCode.Conflict);
        refused["code"].ShouldBe("RSC1913");
        refused["detail"].ShouldNotBeNull().ShouldContain("is forgotten");
        (await authority.GetAsync($"/v1/feed/snapshot?now={now}", bearer)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Whoever_reads_too_slowly_is_cut_off_and_the_store_is_left()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        var left = new TaskCompletionSource();
        await using var authority = await AuthorityHost.StartAsync(services =>
        {
            services.AddSingleton<TimeProvider>(time);
            services.AddSingleton<IRevocationStore>(
                provider => new BreakingStore(provider.GetRequiredService<SqliteStore>().Revocations, int.MaxValue, left));
        });
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/feed/snapshot")
        {
            Headers = { Authorization = new("Bearer", await authority.BearerAsync("feed")) },
        };
        using var answer = await authority.Http.SendAsync(
            request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);

        while (!left.Task.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        await Should.ThrowAsync<HttpRequestException>(
            async () => await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        authority.Get<SnapshotDownloads>().TryBegin("anybody").ShouldNotBeNull();
    }
}
