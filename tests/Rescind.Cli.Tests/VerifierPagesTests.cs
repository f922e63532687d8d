using Rescind.Cli.Http;
using Rescind.Cli.Tests.Support;

namespace Rescind.Cli.Tests;

public sealed class VerifierPagesTests
{
    [Fact]
    public async Task All_pages_of_the_verifiers_are_read()
    {
        using var stub = new StubAuthority();
        stub.Bodies["GET /v1/verifiers"] = """{"verifiers":[{"instance":"a"},{"instance":"b"}],"clients":[{}],"next":"x"}""";
        stub.Bodies["GET /v1/verifiers?cursor=x"] = """{"verifiers":[{"instance":"c"}],"clients":[]}""";
        stub.Bodies["POST /token"] = """{"access_token":"t","token_type":"Bearer","expires_in":300}""";
        using var authority = new AuthorityClient(
            new(stub.Url + "/"), new("admin", "secret"), TestContext.Current.CancellationToken);

        var answer = await authority.ReadVerifiersAsync();

        answer.ToJsonString().ShouldBe("""{"verifiers":[{"instance":"a"},{"instance":"b"},{"instance":"c"}],"clients":[{}]}""");
    }
}
