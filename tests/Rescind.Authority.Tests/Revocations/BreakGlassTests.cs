using Rescind.Authority.Revocations;
using Rescind.Authority.Tests.Support;

namespace Rescind.Authority.Tests.Revocations;

/// <summary>The way back in when nobody is left who may ask the server.</summary>
public sealed class BreakGlassTests : IDisposable
{
    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_it_lifts_lives_at_the_next_start_and_the_audit_trail_names_who_did_it()
    {
        string access;
        LogPosition act;
        await using (var first = await AuthorityHost.StartAsync(data: _folder.Path))
        {
            access = first.AccessTokenOf(await first.StartSessionAsync());
            act = (await first.Get<IRevocations>().RevokeAsync(Match.Client("web"), "all of it", Cancel)).Revocation.Position;
        }

        var lifted = await BreakGlass.LiftAsync(_folder.Path, act, "local:alice", Cancel);

        lifted.Sessions.ShouldBe(1);
        await using var second = await AuthorityHost.StartAsync(data: _folder.Path);
        second.Read(access).ShouldNotBeNull();
        var audit = await second.GetAsync("/v1/audit?actor=local:alice", await second.BearerAsync("admin"));
        var entry = audit.Json.GetProperty("entries").EnumerateArray().ShouldHaveSingleItem();
        (entry.GetProperty("action").GetString(), entry.GetProperty("position").GetInt64())
            .ShouldBe(("lifted", lifted.Revocation.LiftedBy!.Value.Value));
    }

    [Fact]
    public async Task It_opens_nothing_while_a_server_runs()
    {
        await using var running = await AuthorityHost.StartAsync(data: _folder.Path);
        var act = (await running.Get<IRevocations>().RevokeAsync(Match.Client("web"), "all of it", Cancel)).Revocation.Position;

        var refusal = await Should.ThrowAsync<InvalidOperationException>(
            () => BreakGlass.LiftAsync(_folder.Path, act, "local:alice", Cancel));

        refusal.Message.ShouldStartWith("RSC1006");
        (await running.Revocations.FindAsync(act, Cancel)).ShouldNotBeNull().LiftedBy.ShouldBeNull();
    }

    [Fact]
    public async Task It_makes_no_data_where_there_is_none()
    {
        var nowhere = Path.Combine(_folder.Path, "nowhere");

        await Should.ThrowAsync<InvalidOperationException>(() => BreakGlass.LiftAsync(nowhere, new(1), "local:alice", Cancel));

        Directory.Exists(nowhere).ShouldBeFalse();
    }

    [Fact]
    public async Task What_no_server_would_lift_it_does_not_either()
    {
        LogPosition lifted, key;
        await using (var authority = await AuthorityHost.StartAsync(data: _folder.Path))
        {
            var revocations = authority.Get<IRevocations>();
            lifted = (await revocations.RevokeAsync(Match.Subject("alice"), "a mistake", Cancel)).Revocation.Position;
            await revocations.LiftAsync(lifted, Cancel);
            key = (await revocations.RevokeAsync(
                Match.Key(authority.Get<Authority.Keys.KeyRing>().Active.Id), "leaked", Cancel)).Revocation.Position;
        }

        (await RefusalAsync(lifted)).ShouldBe("RSC2017");
        (await RefusalAsync(key)).ShouldBe("RSC2018");
        (await RefusalAsync(new(1))).ShouldBe("RSC2008");
    }

    private async Task<string> RefusalAsync(LogPosition act) =>
        (await Should.ThrowAsync<RevocationRefusedException>(
            () => BreakGlass.LiftAsync(_folder.Path, act, "local:alice", Cancel))).Code;
}
