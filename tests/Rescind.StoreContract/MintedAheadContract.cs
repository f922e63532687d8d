namespace Rescind.StoreContract;

/// <summary>
/// Tokens that were minted under a clock that was ahead, and live when that time comes: what ends them is remembered for
/// longer (G6).
/// </summary>
public abstract class MintedAheadContract : StoreSuite
{
    private static readonly TimeSpan Ahead = TimeSpan.FromHours(1);

    /// <summary>The same data, after the process ended in the midst of everything.</summary>
    internal abstract Task<OpenedStore> OpenAfterKillAsync(OpenedStore store);

    [Fact]
    public async Task An_act_outlives_the_tokens_of_a_login_under_a_clock_that_was_ahead()
    {
        await using var store = await OpenFilledAsync();
        var minted = await UnderAClockAheadAsync(() => StartAsync(store, NewSession()));

        var act = await RevokeAsync(store, Match.Subject("alice"));

        act.At.ShouldBe(Now);
        ShouldOutlive(act, minted);
    }

    [Fact]
    public async Task An_act_outlives_the_token_of_a_refresh_under_a_clock_that_was_ahead()
    {
        await using var store = await OpenFilledAsync();
        var session = await StartAsync(store, NewSession());
        var minted = await UnderAClockAheadAsync(() => RotateAsync(store, session));

        var act = await RevokeAsync(store, Match.Session(session.Id));

        act.At.ShouldBe(Now);
        ShouldOutlive(act, minted);
    }

    [Fact]
    public async Task It_does_so_although_the_process_ended_right_after_the_refresh_was_answered()
    {
        var store = await OpenFilledAsync();
        var session = await StartAsync(store, NewSession());
        var minted = await UnderAClockAheadAsync(() => RotateAsync(store, session));
        await using var again = await OpenAfterKillAsync(store);

        ShouldOutlive(await RevokeAsync(again, Match.Subject("alice")), minted);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task It_outlives_the_token_of_a_refresh_that_was_repeated_then(bool wasRepeatedBefore)
    {
        var store = await OpenFilledAsync();
        var session = await StartAsync(store, NewSession());
        await RotateAsync(store, session);
        if (wasRepeatedBefore)
        {
            await RotateAsync(store, session);
        }

        var minted = await UnderAClockAheadAsync(async () =>
            (await RotateAsync(store, session)).Result.ShouldBe(RotationResult.Repeated));
        await using var again = await OpenAfterKillAsync(store);

        ShouldOutlive(await RevokeAsync(again, Match.Session(session.Id)), minted);
    }

    [Fact]
    public async Task What_goes_by_seconds_reaches_no_later_than_the_act_for_a_refresh_that_is_no_login()
    {
        await using var store = await OpenFilledAsync();
        var session = await StartAsync(store, NewSession());
        await UnderAClockAheadAsync(() => RotateAsync(store, session));

        var act = await RevokeAsync(store, Match.Subject("alice"), Effect.Reauthenticate);

        (act.At, act.Second).ShouldBe((Now, Now));
    }

    [Fact]
    public async Task Under_a_clock_that_is_right_an_act_is_remembered_from_its_own_second_on()
    {
        await using var store = await OpenFilledAsync();
        var session = await StartAsync(store, NewSession());
        await RotateAsync(store, session);
        Time.Advance(TimeSpan.FromMinutes(10));

        var act = await RevokeAsync(store, Match.Session(session.Id));

        act.RememberUntil.ShouldBe(Retention.RememberUntil(act.Match, act.Effect, Now, Now, null, OwnRecord));
    }

    private protected async Task<OpenedStore> OpenFilledAsync()
    {
        var store = await OpenAsync();
        await store.Registry.SaveIssuerAsync(OwnRecord, Caller, Cancel);
        return store;
    }

    // When it was minted, by the clock that is believed once it has stood there for a minute, and then set right.
    private protected async Task<long> UnderAClockAheadAsync(Func<Task> mint)
    {
        Time.Set(Ahead);
        await Should.ThrowAsync<ClockRefusedException>(mint);
        Time.Advance(TimeSpan.FromMinutes(1));
        await mint();
        var minted = Now;
        Time.Set(-Ahead);
        return minted;
    }

    private protected static void ShouldOutlive(Revocation act, long minted) =>
        act.RememberUntil.ShouldBeGreaterThan(minted + Limits.MaxTokenLifetime!.Value + Limits.Leeway);
}
