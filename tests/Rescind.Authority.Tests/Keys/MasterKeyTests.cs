using System.Security.Cryptography;
using CsCheck;
using Rescind.Authority.Keys;
using Rescind.Authority.Tests.Support;

namespace Rescind.Authority.Tests.Keys;

public sealed class MasterKeyTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string OwnFile => Path.Combine(_folder.Path, "master.key");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_was_sealed_opens_under_the_same_id_and_key()
    {
        var master = NewKey();
        Gen.Byte.Array[1, 300].Sample(secret => master.Open("a", master.Seal("a", secret)).AsSpan().SequenceEqual(secret));
    }

    [Fact]
    public void The_same_secret_is_never_sealed_to_the_same_bytes()
    {
        var master = NewKey();
        master.Seal("a", new byte[32]).ShouldNotBe(master.Seal("a", new byte[32]));
    }

    [Fact]
    public void A_sealed_key_does_not_open_under_another_id() =>
        Should.Throw<MasterKeyException>(() => With(NewKey(), master => master.Open("b", master.Seal("a", new byte[32]))));

    [Fact]
    public void A_sealed_key_does_not_open_under_another_master_key() =>
        Should.Throw<MasterKeyException>(() => NewKey().Open("a", NewKey().Seal("a", new byte[32]))).Message
            .ShouldContain("RSC1014");

    [Fact]
    public void No_changed_or_cut_byte_opens()
    {
        var master = NewKey();
        var blob = master.Seal("a", new byte[32]);
        Gen.Select(Gen.Int[0, blob.Length - 1], Gen.Byte[1, 255]).Sample((at, flip) =>
        {
            var bent = (byte[])blob.Clone();
            bent[at] ^= flip;
            Should.Throw<MasterKeyException>(() => master.Open("a", bent));
        });
        Gen.Int[0, blob.Length - 1]
            .Sample(length => { Should.Throw<MasterKeyException>(() => master.Open("a", blob.AsSpan(0, length))); });
    }

    [Fact]
    public void A_first_start_makes_a_file_that_only_its_owner_reads_and_the_next_start_reads_it()
    {
        var sealedBytes = Source().Load(mayCreate: true).Seal("a", [1, 2, 3]);

        Source().Load(mayCreate: false).Open("a", sealedBytes).ShouldBe([1, 2, 3]);
        Directory.GetFiles(_folder.Path).ShouldBe([OwnFile]);
        if (!OperatingSystem.IsWindows())
        {
            File.GetUnixFileMode(OwnFile).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }

    [Fact]
    public void A_missing_file_is_not_replaced_once_something_is_sealed()
    {
        Should.Throw<MasterKeyException>(() => Source().Load(mayCreate: false)).Message.ShouldContain("Rescind__MasterKeyFile");
        File.Exists(OwnFile).ShouldBeFalse();
    }

    [Fact]
    public void A_configured_file_may_hold_the_bytes_or_their_base64()
    {
        var key = RandomNumberGenerator.GetBytes(32);
        var file = Path.Combine(_folder.Path, "mounted");
        var sealedBytes = new MasterKey(key, Entropy.System).Seal("a", [7]);

        File.WriteAllBytes(file, key);
        Source(file: file).Load(mayCreate: false).Open("a", sealedBytes).ShouldBe([7]);
        File.WriteAllText(file, Convert.ToBase64String(key) + "\n");
        Source(file: file).Load(mayCreate: false).Open("a", sealedBytes).ShouldBe([7]);
        Source(value: Convert.ToBase64String(key)).Load(mayCreate: false).Open("a", sealedBytes).ShouldBe([7]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("c2hvcnQ=")]
    [InlineData("not base64 at all, but about as long as such a key")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public void What_is_no_key_refuses_with_a_sentence_that_does_not_repeat_it(string text)
    {
        var message = Should.Throw<MasterKeyException>(() => Source(value: text).Load(mayCreate: true)).Message;
        message.ShouldContain("openssl rand -base64 32");
        if (text.Length > 0)
        {
            message.ShouldNotContain(text);
        }

        var file = Path.Combine(_folder.Path, "mounted");
        File.WriteAllText(file, text);
        Should.Throw<MasterKeyException>(() => Source(file: file).Load(mayCreate: true)).Message.ShouldStartWith("RSC1014 ");
    }

    [Fact]
    public void A_file_that_is_not_there_or_far_too_long_refuses()
    {
        Should.Throw<MasterKeyException>(() => Source(file: Path.Combine(_folder.Path, "absent")).Load(mayCreate: true));
        var file = Path.Combine(_folder.Path, "mounted");
        File.WriteAllBytes(file, new byte[1 << 20]);
        Should.Throw<MasterKeyException>(() => Source(file: file).Load(mayCreate: true)).Message.ShouldContain("longer than");
    }

    [Theory]
    [InlineData(UnixFileMode.GroupRead, true, false)]
    [InlineData(UnixFileMode.OtherRead, true, false)]
    [InlineData(UnixFileMode.GroupWrite, true, true)]
    [InlineData(UnixFileMode.OtherWrite, true, true)]
    [InlineData(UnixFileMode.None, false, false)]
    public void Our_own_file_is_for_its_owner_alone_and_a_configured_one_for_nobody_else_to_write(
        UnixFileMode others, bool refusedAsOwn, bool refusedAsConfigured)
    {
        Source().Load(mayCreate: true);
        SetMode(others);

        RefusalOf(Source()).ShouldBe(refusedAsOwn ? "RSC1015" : null);
        RefusalOf(Source(file: OwnFile)).ShouldBe(refusedAsConfigured ? "RSC1015" : null);
    }

    private void SetMode(UnixFileMode others)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(OwnFile, UnixFileMode.UserRead | UnixFileMode.UserWrite | others);
        }
    }

    private static string? RefusalOf(MasterKeySource source)
    {
        try
        {
            source.Load(mayCreate: false);
            return null;
        }
        catch (MasterKeyException e)
        {
            return e.Message[..7];
        }
    }

    private static MasterKey NewKey() => new(RandomNumberGenerator.GetBytes(32), Entropy.System);

    private static T With<T>(MasterKey master, Func<MasterKey, T> use) => use(master);

    private MasterKeySource Source(string? value = null, string? file = null) => new(value, file, _folder.Path, Entropy.System);
}
