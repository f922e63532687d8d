using System.Globalization;
using Rescind.Conformance.Support;

namespace Rescind.EndToEnd;

/// <summary>
/// Data that the program does not start on: exit code 1, one sentence with a code and a next step, and a directory that is
/// as it was. What only the file decides is tested at the store; here is what needs a process, a mount or the whole start.
/// </summary>
[Collection(Child.OneSystemAtATime)]
public sealed class RefusedStarts
{
    [Fact]
    public async Task A_second_process_on_the_same_data_and_the_first_goes_on()
    {
        await using var authority = await AuthorityProcess.StartAsync();
        using var client = await authority.ConnectAsync();

        ShouldRefuse("RSC1006", await authority.RefusedAsync(new Uri(FreeUrl.Next())));

        await client.RevokeAsync("subject", "alice");
    }

    [Fact]
    public async Task A_port_that_is_taken_and_nothing_is_left_behind()
    {
        await using var authority = await AuthorityProcess.StartAsync();
        using var client = await authority.ConnectAsync();
        await using var second = AuthorityProcess.New();

        ShouldRefuseBeforeTheData(second, await second.RefusedAsync(authority.Url), "the port is taken");
        ShouldRefuseBeforeTheData(
            second, await second.RefusedAsync(new($"http://localhost:{authority.Url.Port}")), "the port is taken");

        await client.RevokeAsync("subject", "alice");
    }

    [Theory]
    [InlineData("http://192.0.2.1:7070", "not an address of this machine")]
    [InlineData("http://[2001:db8::1]:0", "not an address of this machine")]
    public async Task An_address_of_another_machine(string url, string reason)
    {
        await using var authority = AuthorityProcess.New();

        var said = await authority.RefusedAsync(
            new(url), "env", "Rescind__Issuer=https://auth.example.com",
            "Rescind__AllowPlainHttpBehindReverseProxyThatTerminatesTls=true");
        ShouldRefuseBeforeTheData(authority, said, reason);
    }

    [Fact]
    public async Task A_port_that_the_account_may_not_use()
    {
        await using var authority = AuthorityProcess.New();

        ShouldRefuseBeforeTheData(
            authority, await authority.RefusedAsync(new("http://127.0.0.1:1"), "unshare", "--user"), "may not use the port");
    }

    [Fact]
    public async Task What_the_server_itself_refuses_is_said_without_a_stack_trace()
    {
        await using var authority = AuthorityProcess.New();

        var said = await authority.RefusedAsync(new("https://127.0.0.1:0"), "env", "Rescind__Issuer=https://auth.example.com");

        said.ShouldStartWith("1: ");
        said.ShouldNotContain("   at ");
        said.ShouldNotContain("crit");
    }

    [Fact]
    public async Task A_lock_that_a_killed_process_left_is_none()
    {
        await using var authority = await AuthorityProcess.StartAsync();
        await authority.KillAsync();

        await authority.StartAgainAsync();
    }

    [Theory]
    [InlineData("")]
    [InlineData("rescind.db")]
    public async Task A_file_system_that_is_read_only(string part)
    {
        await using var authority = await StoppedAsync();

        await ShouldRefuseUntouchedAsync(
            "RSC1009", authority, PrivateMount.ReadOnly(Path.Join(authority.Data, part).TrimEnd('/')));
    }

    [Fact]
    public async Task Another_issuer()
    {
        await using var authority = await StoppedAsync();

        await ShouldRefuseUntouchedAsync("RSC1003", authority, "env", "Rescind__Issuer=http://localhost:1");
    }

    [Fact]
    public async Task Another_master_key()
    {
        await using var authority = await StoppedAsync();

        await ShouldRefuseUntouchedAsync(
            "RSC1014", authority, "env", "Rescind__MasterKey=" + Convert.ToBase64String(new byte[32]));
    }

    [Fact]
    public async Task No_master_key_where_there_was_one()
    {
        await using var authority = await StoppedAsync();
        var (file, aside) = (Path.Combine(authority.Data, "master.key"), Path.Combine(authority.Data, "..", "aside"));
        File.Move(file, aside);

        await ShouldRefuseUntouchedAsync("RSC1014", authority);

        File.Move(aside, file);
        await authority.StartAgainAsync();
    }

    [Fact]
    public async Task A_master_key_that_others_can_read()
    {
        await using var authority = await StoppedAsync();
        await using (var chmod = Child.Start("chmod", ["640", Path.Combine(authority.Data, "master.key")]))
        {
            await chmod.EndAsync();
        }

        await ShouldRefuseUntouchedAsync("RSC1015", authority);
    }

    private static async Task<AuthorityProcess> StoppedAsync()
    {
        var authority = await AuthorityProcess.StartAsync();
        await authority.StopAsync();
        return authority;
    }

    private static async Task ShouldRefuseUntouchedAsync(string code, AuthorityProcess authority, params string[] under)
    {
        var before = Contents(authority.Data);

        ShouldRefuse(code, await authority.RefusedAsync(under: under));

        Contents(authority.Data).ShouldBe(before);
    }

    private static void ShouldRefuseBeforeTheData(AuthorityProcess authority, string said, string reason)
    {
        ShouldRefuse("RSC1027", said);
        said.ShouldContain(reason);
        Directory.Exists(authority.Data).ShouldBeFalse();
    }

    private static void ShouldRefuse(string code, string said) =>
        said.ShouldMatch($@"^1: .*{code} [^\n]+\. See docs/errors/{code}\.md\.[^\n]*$");

    private static string[] Contents(string folder) => [.. Directory.GetFiles(folder).Order(StringComparer.Ordinal)
        .Select(file => $"{file} {Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(file)))}")];
}
