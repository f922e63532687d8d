using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Builder;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Http.Output;

namespace Rescind.Authority.Http.Access;

/// <summary>What <c>/openapi/v1.json</c> says of a route beside who may call it. The failures that follow from access and from
/// reading a body are added there.</summary>
internal sealed record Described(string Summary)
{
    /// <summary>The JSON body.</summary>
    public JsonTypeInfo? Body { get; init; }

    /// <summary>The parameters of the form body.</summary>
    public IReadOnlyList<string> Form { get; init; } = [];

    /// <summary>The parameters of the query string.</summary>
    public IReadOnlyList<string> Query { get; init; } = [];

    /// <summary>The status of success.</summary>
    public int Status { get; init; } = 200;

    /// <summary>The answer; null where it has no body, or one that is not JSON.</summary>
    public JsonTypeInfo? Answer { get; init; }

    /// <summary>What can fail here in particular.</summary>
    public IReadOnlyList<Error> Failures { get; init; } = [];
}

/// <summary>Describes routes.</summary>
internal static class DescribedConventions
{
    public static TBuilder Describe<TBuilder>(this TBuilder route, Described description)
        where TBuilder : IEndpointConventionBuilder => route.WithMetadata(description);
}
