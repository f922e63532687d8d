using System.Text;
using System.Text.Json;
using Microsoft.IdentityModel.Tokens;
using Rescind.Authority.Keys;
using Rescind.Authority.Stores;
using Rescind.Authority.Tests.Support;
using Rescind.Client.Tests.Support;

namespace Rescind.Authority.Tests.Keys;

public sealed class KeyRingTests : IDisposable
{
    private static readonly string[] PrivateMembers = ["d", "p", "q", "dp", "dq", "qi", "k", "oth"];

    private readonly TemporaryFolder _folder = new();
    private readonly SettableTime _time = new(DateTimeOffset.UtcNow);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_first_start_makes_one_key_that_signs_and_one_that_is_announced_and_puts_both_into_the_log()
    {
        await using var issuance = await StartAsync();

        issuance.Keys.Keys.Select(key => key.Row.State).ShouldBe([KeyState.Active, KeyState.Next], ignoreOrder: true);
        issuance.Log.Replica.OwnKeys.Keys.ShouldBe(issuance.Keys.Keys.Select(key => key.Id), ignoreOrder: true);
        issuance.Keys.FindRefreshKey(issuance.Keys.CurrentRefreshKeyId).Length.ShouldBe(32);
    }

    [Fact]
    public async Task The_next_start_finds_the_same_keys()
    {
        string[] before;
        await using (var first = await StartAsync())
        {
            before = [first.Keys.Active.Id, .. first.Keys.Keys.Select(key => key.Id).Order(StringComparer.Ordinal)];
        }

        await using var second = await StartAsync();
        string[] after = [second.Keys.Active.Id, .. second.Keys.Keys.Select(key => key.Id).Order(StringComparer.Ordinal)];
        after.ShouldBe(before);
    }

    [Fact]
    public async Task Another_master_key_refuses_to_start_and_changes_nothing()
    {
        await using (await StartAsync())
        {
        }

        var key = Path.Combine(_folder.Path, "master.key");
        var right = await File.ReadAllTextAsync(key, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(key, Convert.ToBase64String(new byte[32]), TestContext.Current.CancellationToken);
        (await Should.ThrowAsync<MasterKeyException>(StartAsync)).Message.ShouldContain("Rescind__MasterKeyFile");

        await File.WriteAllTextAsync(key, right, TestContext.Current.CancellationToken);
        await using var again = await StartAsync();
        again.Keys.Keys.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Rotation_lets_the_announced_key_sign_retires_the_old_one_and_announces_another()
    {
        await using var issuance = await StartAsync();
        var (old, next) = (issuance.Keys.Active.Id, In(issuance, KeyState.Next).Single());

        await issuance.Keys.RotateAsync(new("client:admin", null, null), TestContext.Current.CancellationToken);

        issuance.Keys.Active.Id.ShouldBe(next);
        In(issuance, KeyState.Retired).ShouldBe([old]);
        In(issuance, KeyState.Next).Single().ShouldNotBe(next);
        issuance.Log.Replica.OwnKeys.Count.ShouldBe(3);
    }

    [Fact]
    public void However_many_keys_were_retired_the_set_is_as_long_as_readers_take_and_lacks_the_oldest_alone()
    {
        MasterKey master = new(new byte[MasterKey.Bytes], Entropy.System);
        var retired = Enumerable.Range(0, 1500).Select(i => In(KeyState.Retired, retiredAt: i));
        SigningKey[] keys = [.. retired, In(KeyState.Active), In(KeyState.Next)];

        var body = new JwksDocument(keys).Body;

        var kept = PublicKeySet.Read(body).Keys.Select(key => key.KeyId).ToHashSet();
        kept.ShouldBe(keys.TakeLast(kept.Count).Select(key => key.Id), ignoreOrder: true);
        body.Length.ShouldBeGreaterThan(PublicKeySet.MaxBytes - 1024);

        SigningKey In(KeyState state, long? retiredAt = null)
        {
            var key = SigningKey.Create("ES256", master, now: 1);
            return key.In(key.Row with { State = state, RetiredAt = retiredAt });
        }
    }

    [Fact]
    public async Task Tokens_of_a_retired_key_stay_readable_until_the_last_of_them_is_refused_everywhere()
    {
        await using var issuance = await StartAsync();
        var token = issuance.Tokens.IssueFor(issuance.NewSession(), issuance.Head).Text;
        await issuance.Keys.RotateAsync(AuditContext.System, TestContext.Current.CancellationToken);

        issuance.Own.Read(token)!.Verdict.IsValid.ShouldBeTrue();

        _time.Advance(
            issuance.Options.AccessTokenLifetime + TimeSpan.FromSeconds(IssuerLimits.DefaultLeeway + Retention.LargestBound));
        await issuance.Keys.MaintainAsync(TestContext.Current.CancellationToken);
        issuance.Own.Read(token)!.Verdict.Kind.ShouldBe(VerdictKind.Expired);

        _time.Advance(TimeSpan.FromSeconds(Retention.ClockMargin + Retention.ForgettingMargin));
        await issuance.Keys.MaintainAsync(TestContext.Current.CancellationToken);
        issuance.Own.Read(token).ShouldBeNull();
        issuance.Log.Replica.OwnKeys.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_clock_that_is_ahead_for_a_while_removes_no_key_and_rotates_none()
    {
        await using var issuance = await StartAsync();
        await issuance.Keys.RotateAsync(AuditContext.System, TestContext.Current.CancellationToken);
        var token = issuance.Tokens.IssueFor(issuance.NewSession(), issuance.Head).Text;
        (string Id, KeyState State)[] before = [.. issuance.Keys.Keys.Select(key => (key.Id, key.Row.State))];

        _time.Set(TimeSpan.FromDays(100));
        await issuance.Keys.MaintainAsync(TestContext.Current.CancellationToken);
        _time.Set(TimeSpan.FromDays(-100));

        issuance.Keys.Keys.Select(key => (key.Id, key.Row.State)).ShouldBe(before);
        issuance.Own.Read(token)!.Verdict.IsValid.ShouldBeTrue();
    }

    [Fact]
    public async Task Starts_under_a_clock_that_is_ahead_remove_no_key_whose_tokens_live()
    {
        string retired;
        await using (var issuance = await StartAsync())
        {
            retired = issuance.Keys.Active.Id;
            await issuance.Keys.RotateAsync(AuditContext.System, TestContext.Current.CancellationToken);
        }

        _time.Set(TimeSpan.FromHours(23));
        for (var start = 0; start < 2; start++)
        {
            await using var ahead = await StartAsync();
            ahead.Keys.Find(retired).ShouldNotBeNull();
        }
    }

    [Fact]
    public async Task A_key_that_is_gone_left_no_secret_behind_and_its_id_stays_taken()
    {
        await using var issuance = await StartAsync();
        var old = issuance.Keys.Active.Id;
        await issuance.Keys.RotateAsync(AuditContext.System, TestContext.Current.CancellationToken);
        _time.Advance(TimeSpan.FromHours(25));
        await issuance.Keys.MaintainAsync(TestContext.Current.CancellationToken);

        var row = (await issuance.Registry.LoadAsync(TestContext.Current.CancellationToken)).Keys.Single(key => key.Id == old);
        (row.Sealed.Length, row.PublicJwk).ShouldBe((0, null));
    }

    [Fact]
    public async Task The_ring_rotates_by_itself_at_the_end_of_the_active_period_and_not_before()
    {
        await using var issuance = await StartAsync();
        var first = issuance.Keys.Active.Id;

        _time.Advance(issuance.Options.SigningKeyLifetime - TimeSpan.FromSeconds(2));
        await issuance.Keys.MaintainAsync(TestContext.Current.CancellationToken);
        issuance.Keys.Active.Id.ShouldBe(first);

        _time.Advance(TimeSpan.FromSeconds(2));
        await issuance.Keys.MaintainAsync(TestContext.Current.CancellationToken);
        issuance.Keys.Active.Id.ShouldNotBe(first);
    }

    [Fact]
    public async Task A_key_does_not_sign_by_itself_before_readers_could_have_fetched_it()
    {
        await using var issuance = await StartAsync();
        _time.Advance(issuance.Options.SigningKeyLifetime - TimeSpan.FromMinutes(1));
        await issuance.Keys.RotateAsync(AuditContext.System, TestContext.Current.CancellationToken);
        var signing = issuance.Keys.Active.Id;

        for (var elapsed = TimeSpan.Zero; elapsed < KeyPolicy.Announced; elapsed += TimeSpan.FromMinutes(1))
        {
            await issuance.Keys.MaintainAsync(TestContext.Current.CancellationToken);
            issuance.Keys.Active.Id.ShouldBe(signing);
            _time.Advance(TimeSpan.FromMinutes(1));
        }
    }

    [Fact]
    public async Task Another_algorithm_is_announced_first_and_takes_over_at_the_next_rotation()
    {
        await using (await StartAsync())
        {
        }

        await using var issuance = await Issuance.StartAsync(_folder.Path, _time, options => options.SigningAlgorithm = "RS256");
        issuance.Keys.Active.Row.Algorithm.ShouldBe("ES256");
        issuance.Keys.Keys.Single(key => key.Row.State is KeyState.Next).Row.Algorithm.ShouldBe("RS256");

        await issuance.Keys.RotateAsync(AuditContext.System, TestContext.Current.CancellationToken);
        var token = issuance.Tokens.IssueFor(issuance.NewSession(), issuance.Head);
        issuance.Own.Read(token.Text)!.Verdict.IsValid.ShouldBeTrue();
    }

    [Theory]
    [InlineData("ES256")]
    [InlineData("ES384")]
    [InlineData("RS256")]
    [InlineData("PS256")]
    public async Task The_key_set_shows_public_members_alone_and_kids_that_are_thumbprints(string algorithm)
    {
        await using var issuance = await Issuance.StartAsync(
            _folder.Path, _time, options => options.SigningAlgorithm = algorithm);
        var body = Encoding.UTF8.GetString(issuance.Keys.Jwks.Body.Span);

        using var document = JsonDocument.Parse(body);
        foreach (var key in document.RootElement.GetProperty("keys").EnumerateArray())
        {
            key.EnumerateObject().Select(member => member.Name).ShouldNotContain(name => PrivateMembers.Contains(name));
            key.GetProperty("use").GetString().ShouldBe("sig");
        }

        var keys = new JsonWebKeySet(body).Keys;
        keys.Count.ShouldBe(2);
        keys.ShouldAllBe(
            key => key.Kid == Base64UrlEncoder.Encode(key.ComputeJwkThumbprint()) && key.Alg == algorithm && !key.HasPrivateKey);
    }

    [Fact]
    public async Task The_tag_of_the_key_set_changes_with_the_keys_and_only_with_them()
    {
        await using var issuance = await StartAsync();
        var before = issuance.Keys.Jwks.ETag;
        await issuance.Keys.MaintainAsync(TestContext.Current.CancellationToken);
        issuance.Keys.Jwks.ETag.ShouldBe(before);

        await issuance.Keys.RotateAsync(AuditContext.System, TestContext.Current.CancellationToken);
        issuance.Keys.Jwks.ETag.ShouldNotBe(before);
    }

    [Fact]
    public async Task No_secret_key_lies_in_the_data_directory_in_clear()
    {
        byte[] refresh;
        StoredKey[] rows;
        await using (var issuance = await StartAsync())
        {
            refresh = issuance.Keys.FindRefreshKey(issuance.Keys.CurrentRefreshKeyId).ToArray();
            rows = [.. (await issuance.Registry.LoadAsync(TestContext.Current.CancellationToken)).Keys];
        }

        var master = new MasterKeySource(null, null, _folder.Path, Entropy.System).Load(mayCreate: false);
        foreach (var file in Directory.GetFiles(_folder.Path).Where(file => Path.GetFileName(file) is not "master.key"))
        {
            var bytes = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
            bytes.AsSpan().IndexOf(refresh).ShouldBe(-1);
            foreach (var row in rows.Where(row => row.State is not KeyState.Refresh))
            {
                // The private scalar of a PKCS#8 P-256 key is 32 bytes from offset 36.
                var secret = master.Open(row.Id, row.Sealed.Span).AsSpan(36, 32);
                bytes.AsSpan().IndexOf(secret).ShouldBe(-1);
            }
        }
    }

    private static IEnumerable<string> In(Issuance issuance, KeyState state) =>
        issuance.Keys.Keys.Where(key => key.Row.State == state).Select(key => key.Id);

    private Task<Issuance> StartAsync() => Issuance.StartAsync(_folder.Path, _time);
}
