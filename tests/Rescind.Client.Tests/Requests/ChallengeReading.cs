using Rescind.Client.Requests;

namespace Rescind.Client.Tests.Requests;

/// <summary>WWW-Authenticate by the grammar of RFC 9110 section 11.6.1.</summary>
public sealed class ChallengeReading
{
    [Theory]
    [InlineData("Bearer error=\"invalid_token\"")]
    [InlineData("bearer ERROR=invalid_token")]
    [InlineData("Bearer realm=\"a, b=\\\"c\\\"\", error = \"invalid_token\"")]
    [InlineData("Basic realm=\"x\", Bearer error=\"invalid_token\", error_description=\"The access token is not valid\"")]
    [InlineData("Bearer realm=\"\" , error=\"invalid_token\", Negotiate")]
    [InlineData("Negotiate YWJj==, Bearer error=\"invalid_token\"")]
    [InlineData("Negotiate, , Bearer   error=\"invalid_token\",")]
    [InlineData("Negotiate YWJj=, Bearer error=\"invalid_token\"")]
    public void A_challenge_is_found_among_others(string line) => ErrorOf(line).ShouldBe("invalid_token");

    [Theory]
    [InlineData("Bearer error=\"invalid_token")]
    [InlineData("Bearer error=\"invalid_token\\")]
    [InlineData("Bearer error=\"invalid_token\" x")]
    [InlineData("Bearer error=\"invalid_token\" realm=\"x\"")]
    [InlineData("Bearer error=\"invalid_token\", error=\"invalid_token\"")]
    [InlineData("Bearer error=\"invalid_token\", Error=\"x\"")]
    [InlineData("Bearer error=\"invalid_token\", realm=")]
    [InlineData("Bearer error=\"invalid_token\"; realm=\"x\"")]
    [InlineData("Bearer error=\"invalid_token\u0001\"")]
    [InlineData("error=\"invalid_token\"")]
    [InlineData("Bearer: error=\"invalid_token\"")]
    [InlineData("Bearer error==\"invalid_token\"")]
    [InlineData("=")]
    public void Of_a_line_that_breaks_the_grammar_nothing_is_believed(string line) => Challenge.Read(line).ShouldBeEmpty();

    [Theory]
    [InlineData("")]
    [InlineData(" , ,")]
    [InlineData("Bearer")]
    [InlineData("Bearer invalid_token")]
    [InlineData("Basic error=\"invalid_token\"")]
    [InlineData("Bearer x, Basic error=\"invalid_token\"")]
    public void What_another_scheme_says_is_not_taken_for_Bearer(string line) => ErrorOf(line).ShouldBeNull();

    private static string? ErrorOf(string line) =>
        Challenge.Read(line)
            .FirstOrDefault(challenge => challenge.Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase))?["error"];
}
