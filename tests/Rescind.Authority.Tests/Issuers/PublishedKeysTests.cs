using Microsoft.Extensions.Time.Testing;
using Microsoft.IdentityModel.Tokens;
using Rescind.Authority.Issuers;

namespace Rescind.Authority.Tests.Issuers;

/// <summary>When the keys of an issuer are asked for again (JWK-7).</summary>
public sealed class PublishedKeysTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly PublishedKeys _keys;
    private Func<Task<IReadOnlyList<JsonWebKey>?>> _answer = static () => Published("known");
    private int _asked;

    public PublishedKeysTests() => _keys = new(
        () =>
        {
            _asked++;
            return _answer();
        },
        _time);

    [Fact]
    public async Task A_known_name_is_answered_from_memory_until_the_answer_is_old()
    {
        (await FindAsync("known")).ShouldBe(1);
        _time.Advance(PublishedKeys.MaxAge - TimeSpan.FromTicks(1));
        (await FindAsync("known")).ShouldBe(1);
        _asked.ShouldBe(1);

        _time.Advance(TimeSpan.FromTicks(1));

        (await FindAsync("known")).ShouldBe(1);
        _asked.ShouldBe(2);
    }

    [Fact]
    public async Task Unknown_names_ask_once_in_thirty_seconds()
    {
        for (var second = 0; second < 60; second++)
        {
            (await FindAsync($"unheard of {second}")).ShouldBe(0);
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        _asked.ShouldBe(2);
    }

    [Fact]
    public async Task A_key_that_was_published_since_is_found_after_the_pause()
    {
        await FindAsync("known");
        _answer = static () => Published("known", "new");
        (await FindAsync("new")).ShouldBe(0);

        _time.Advance(PublishedKeys.PauseAfterAnswer);

        (await FindAsync("new")).ShouldBe(1);
    }

    [Fact]
    public async Task A_failure_leaves_what_is_believed_and_is_tried_again_sooner()
    {
        await FindAsync("known");
        _time.Advance(PublishedKeys.PauseAfterAnswer);
        _answer = static () => Task.FromResult<IReadOnlyList<JsonWebKey>?>(null);

        (await FindAsync("new")).ShouldBe(0);
        (await FindAsync("known")).ShouldBe(1);
        _time.Advance(PublishedKeys.PauseAfterFailure);
        _answer = static () => Published("new");

        (await FindAsync("new")).ShouldBe(1);
    }

    [Fact]
    public async Task While_nothing_was_ever_answered_and_once_the_last_answer_is_old_nothing_is_known()
    {
        _answer = static () => Task.FromResult<IReadOnlyList<JsonWebKey>?>(null);
        (await FindAsync("known")).ShouldBeNull();
        _time.Advance(PublishedKeys.PauseAfterFailure);
        _answer = static () => Published("known");
        (await FindAsync("known")).ShouldBe(1);

        _time.Advance(PublishedKeys.MaxAge);
        _answer = static () => Task.FromResult<IReadOnlyList<JsonWebKey>?>(null);

        (await FindAsync("known")).ShouldBeNull();
    }

    [Fact]
    public async Task Callers_at_the_same_time_share_one_answer_and_one_who_leaves_takes_it_from_nobody()
    {
        var answer = new TaskCompletionSource<IReadOnlyList<JsonWebKey>?>();
        _answer = () => answer.Task;
        using var leaving = new CancellationTokenSource();
        var left = _keys.FindAsync("known", leaving.Token);
        var stayed = _keys.FindAsync("known", CancellationToken.None);

        await leaving.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(left);
        answer.SetResult([new JsonWebKey { KeyId = "known" }]);

        (await stayed).ShouldNotBeNull().Count.ShouldBe(1);
        _asked.ShouldBe(1);
    }

    private async Task<int?> FindAsync(string keyId) => (await _keys.FindAsync(keyId, CancellationToken.None))?.Count;

    private static Task<IReadOnlyList<JsonWebKey>?> Published(params string[] ids) =>
        Task.FromResult<IReadOnlyList<JsonWebKey>?>([.. ids.Select(id => new JsonWebKey { KeyId = id })]);
}
