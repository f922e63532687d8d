using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rescind.Authority.Clients;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Http.Access;
using Rescind.Authority.Http.Output;
using Rescind.Authority.Http.Routes.Browser;

namespace Rescind.Authority.Http.Routes.Description;

/// <summary>
/// The OpenAPI 3.1 document, made from the metadata that the routes are run by and the types that their bodies are read
/// by, so that it cannot say anything else. The framework's generator would describe the bodies by the JSON options of
/// the application around us.
/// </summary>
internal static class OpenApiDocument
{
    private const string Json = "application/json";
    private const string ProblemJson = "application/problem+json";
    private const string Form = "application/x-www-form-urlencoded";

    /// <summary>
    /// Paths count from <paramref name="issuer"/>: the <paramref name="prefix"/> that the routes are mapped under is
    /// its own path.
    /// </summary>
    public static JsonObject Of(IEnumerable<Endpoint> endpoints, string issuer, string prefix)
    {
        var paths = new JsonObject();
        foreach (var endpoint in endpoints.OfType<RouteEndpoint>().OrderBy(e => e.RoutePattern.RawText, StringComparer.Ordinal))
        {
            if (endpoint.Metadata.GetMetadata<Described>() is { } described
                && endpoint.Metadata.GetMetadata<RouteAccess>() is { } access)
            {
                var path = endpoint.RoutePattern.RawText![prefix.Length..];
                var methods = (JsonObject)(paths[path] ??= new JsonObject());
                foreach (var method in endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? [])
                {
                    methods[method.ToLowerInvariant()] = OperationOf(endpoint, described, access);
                }
            }
        }

        return new()
        {
            ["openapi"] = "3.1.0",
            ["info"] = new JsonObject { ["title"] = "Rescind Authority", ["version"] = "1" },
            ["servers"] = new JsonArray(new JsonObject { ["url"] = issuer }),
            ["paths"] = paths,
            ["components"] = new JsonObject
            {
                ["schemas"] = new JsonObject { ["problem"] = SchemaOf(ErrorJson.Default.ProblemBody),
                    ["oauth_error"] = SchemaOf(ErrorJson.Default.OAuthErrorBody) },
                ["securitySchemes"] = SchemesOf(issuer),
            },
        };
    }

    private static JsonObject OperationOf(RouteEndpoint endpoint, Described described, RouteAccess access)
    {
        var operation = new JsonObject { ["summary"] = described.Summary };
        JsonNode[] parameters =
        [
            .. endpoint.RoutePattern.Parameters.Select(parameter => ParameterOf(parameter.Name, "path")),
            .. described.Query.Select(name => ParameterOf(name, "query")),
        ];
        if (parameters.Length > 0)
        {
            operation["parameters"] = new JsonArray(parameters);
        }

        if (described.Body is not null || described.Form.Count > 0)
        {
            var schema = described.Body is { } body ? SchemaOf(body) : FormOf(described.Form);
            operation["requestBody"] = new JsonObject
            {
                ["required"] = true, ["content"] = ContentOf(described.Body is null ? Form : Json, schema),
            };
        }

        operation["responses"] = ResponsesOf(described, access);
        operation["security"] = SecurityOf(access);
        return operation;
    }

    private static JsonObject ResponsesOf(Described described, RouteAccess access)
    {
        var success =
            new JsonObject { ["description"] = described.Status == StatusCodes.Status204NoContent ? "Done." : "The answer." };
        if (described.Answer is { } answer)
        {
            success["content"] = ContentOf(Json, SchemaOf(answer));
        }

        var responses = new JsonObject { [Text(described.Status)] = success };
        var speaksOAuth = access.IsInBody;
        foreach (var same in FailuresOf(described, access).Distinct().GroupBy(error => error.Status).OrderBy(group => group.Key))
        {
            responses[Text(same.Key)] = new JsonObject
            {
                ["description"] = string.Join(" ", same.Select(error => $"{error.Code}: {error.Title}")),
                ["content"] = ContentOf(
                    speaksOAuth ? Json : ProblemJson,
                    new JsonObject
                    {
                        ["$ref"] = speaksOAuth ? "#/components/schemas/oauth_error" : "#/components/schemas/problem",
                    }),
            };
        }

        return responses;
    }

    // What follows from the machinery itself is not repeated at each route.
    private static IEnumerable<Error> FailuresOf(Described described, RouteAccess access)
    {
        IEnumerable<Error> ofAccess = access.Kind switch
        {
            AccessKind.Scope => [Errors.SeveralCredentials, Errors.NoCredentials, Errors.BadToken, Errors.MissingScope],
            AccessKind.OwnToken => [Errors.SeveralCredentials, Errors.NoCredentials, Errors.BadToken, Errors.MissingAudience],
            AccessKind.OwnTokenEvenExpired => [Errors.SeveralCredentials, Errors.NoCredentials, Errors.BadToken],
            AccessKind.OwnPage => [Errors.ForeignPage],
            _ => [],
        };
        IEnumerable<Error> ofBody = described.Body is null ? [] :
        [
            Errors.NotJson, Errors.BodyTooLarge, Errors.MalformedJson, Errors.TooDeep, Errors.DuplicateMember,
            Errors.UnknownMember, Errors.MissingMember, Errors.NullMember, Errors.MemberType,
        ];
        IEnumerable<Error> ofForm = described.Form.Count == 0 ? [] : [Errors.NotForm, Errors.BodyTooLarge, Errors.MalformedForm,
            Errors.SeveralCredentials];
        IEnumerable<Error> ofQuery = described.Query.Count == 0 ? [] : [Errors.MalformedQuery];
        return [.. ofAccess, .. ofBody, .. ofForm, .. ofQuery, .. described.Failures, Errors.Unavailable, Errors.NotStarted];
    }

    private static JsonArray SecurityOf(RouteAccess access) => access.Kind switch
    {
        AccessKind.Scope => new(access.Scopes.Append(ScopeNames.Admin).Distinct()
            .Select(scope => (JsonNode)new JsonObject { ["client"] = new JsonArray(scope) }).ToArray()),
        AccessKind.OwnToken or AccessKind.OwnTokenEvenExpired => [new JsonObject { ["person"] = new JsonArray() }],
        AccessKind.OwnPage => [new JsonObject { ["cookie"] = new JsonArray() }],
        AccessKind.Client => [new JsonObject { ["basic"] = new JsonArray() }, new JsonObject()],
        _ => [],
    };

    private static JsonObject SchemesOf(string issuer) => new()
    {
        ["client"] = new JsonObject
        {
            ["type"] = "oauth2",
            ["flows"] = new JsonObject
            {
                ["clientCredentials"] = new JsonObject
                {
                    ["tokenUrl"] = issuer + "/token",
                    ["scopes"] = new JsonObject(ScopeNames.All.Select(scope => KeyValuePair.Create(scope, (JsonNode?)""))),
                },
            },
        },
        ["person"] =
            new JsonObject { ["type"] = "http", ["scheme"] = "bearer", ["description"] = "A person's own access token." },
        ["cookie"] = new JsonObject { ["type"] = "apiKey", ["in"] = "cookie", ["name"] = RefreshCookie.SecureName },
        ["basic"] = new JsonObject
        {
            ["type"] = "http", ["scheme"] = "basic", ["description"] = "A client's credentials, here or in the form.",
        },
    };

    private static JsonObject ParameterOf(string name, string place) => new JsonObject
    {
        ["name"] = name, ["in"] = place, ["required"] = place == "path", ["schema"] = new JsonObject { ["type"] = "string" },
    };

    private static JsonObject FormOf(IReadOnlyList<string> names) => new()
    {
        ["type"] = "object",
        ["properties"] = new JsonObject(
            names.Select(name => KeyValuePair.Create(name, (JsonNode?)new JsonObject { ["type"] = "string" }))),
    };

    private static JsonObject ContentOf(string mediaType, JsonNode schema) =>
        new() { [mediaType] = new JsonObject { ["schema"] = schema } };

    private static JsonNode SchemaOf(JsonTypeInfo type) =>
        type.GetJsonSchemaAsNode(new() { TreatNullObliviousAsNonNullable = true });

    private static string Text(int status) => status.ToString(CultureInfo.InvariantCulture);
}
