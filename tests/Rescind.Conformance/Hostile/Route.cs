using System.Net;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing;
using Rescind.Authority.Http.Access;
using Rescind.Authority.Tests.Support;

namespace Rescind.Conformance.Hostile;

/// <summary>One method of one route as it is served, with <c>x</c> for whatever stands in braces.</summary>
internal sealed partial record Route(string Method, string Path, RouteAccess Access, Described Described)
{
    /// <summary>Errors are those of RFC 6749; elsewhere they are problems.</summary>
    public bool SpeaksOAuth => Access.IsInBody;

    public bool TakesJson => Described.Body is not null;

    public bool TakesForm => Described.Form.Count > 0;

    public bool TakesId { get; private init; }

    /// <summary>
    /// Every route of the running server: a new one is met by all of these tests without anybody thinking of it.
    /// </summary>
    public static IReadOnlyList<Route> AllOf(AuthorityHost host) =>
    [
        .. from endpoint in host.Get<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
           from method in endpoint.Metadata.GetRequiredMetadata<IHttpMethodMetadata>().HttpMethods
           let pattern = endpoint.RoutePattern.RawText!
           select new Route(
               method, Parameter().Replace(pattern, "x"), endpoint.Metadata.GetRequiredMetadata<RouteAccess>(),
               endpoint.Metadata.GetMetadata<Described>() ?? new Described(""))
           {
               TakesId = pattern.EndsWith("{id}", StringComparison.Ordinal),
           },
    ];

    /// <summary>
    /// Fails unless the answer refuses in the words of this route: a 4xx with a code, and nothing of the inside.
    /// </summary>
    public void ShouldRefuse(Answer answer, string what, HttpStatusCode? status = null)
    {
        ((int)answer.Status).ShouldBeInRange(400, 499, $"{this}, {what}: {answer.Text}");
        answer.Status.ShouldBe(status ?? answer.Status, $"{this}, {what}: {answer.Text}");
        ShouldSpeak(answer, what);
    }

    /// <summary>Fails if the server failed, or if it refused without a code.</summary>
    public void ShouldAnswer(Answer answer, string what)
    {
        ((int)answer.Status).ShouldBeLessThan(500, $"{this}, {what}: {answer.Text}");
        if ((int)answer.Status >= 400)
        {
            ShouldSpeak(answer, what);
        }
    }

    public override string ToString() => $"{Method} {Path}";

    private void ShouldSpeak(Answer answer, string what)
    {
        var said = $"{this}, {what}: {answer.Text}";
        answer.Text.ShouldNotContain("   at ", customMessage: said);
        answer.Text.ShouldNotContain("Exception", customMessage: said);
        if (SpeaksOAuth)
        {
            answer["error"].ShouldNotBeNullOrEmpty(said);
            answer.Response.Content.Headers.ContentType!.MediaType.ShouldBe("application/json", said);
        }
        else
        {
            answer["code"].ShouldNotBeNull(said).ShouldMatch("^RSC[0-9]{4}$", said);
            answer.Response.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json", said);
        }
    }

    [GeneratedRegex(@"\{[^}]*\}")]
    private static partial Regex Parameter();
}
