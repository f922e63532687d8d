using System.Text.Json.Serialization.Metadata;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Syntax;

namespace Rescind.Authority.Http.Input;

/// <summary>
/// Compares a body's members with the type that it is to become, so that each mistake has its own code and names its path.
/// </summary>
internal static class JsonShape
{
    public static Refusal? Check(JsonElement element, JsonTypeInfo type, string path) => (type.Kind, element.ValueKind) switch
    {
        (JsonTypeInfoKind.Object, JsonValueKind.Object) => CheckObject(element, type, path),
        (JsonTypeInfoKind.Object, _) => Errors.MemberType.Refusal($"{path} is no object."),
        (JsonTypeInfoKind.Enumerable, JsonValueKind.Array) => CheckItems(element, type, path),
        (JsonTypeInfoKind.Dictionary, JsonValueKind.Object) => CheckValues(element, type, path),
        (JsonTypeInfoKind.Dictionary, _) => Errors.MemberType.Refusal($"{path} is no object."),
        (JsonTypeInfoKind.Enumerable, _) => Errors.MemberType.Refusal($"{path} is no array."),
        _ => null,
    };

    private static Refusal? CheckObject(JsonElement element, JsonTypeInfo type, string path)
    {
        foreach (var member in element.EnumerateObject())
        {
            var at = $"{path}.{JsonSyntax.Shorten(member.Name)}";
            if (type.Properties.FirstOrDefault(p => p.Name == member.Name) is not { } property)
            {
                return Errors.UnknownMember.Refusal($"{at} is not known.");
            }

            if (CheckMember(member.Value, property, at) is { } problem)
            {
                return problem;
            }
        }

        var missing = type.Properties.FirstOrDefault(p => p.IsRequired && !element.TryGetProperty(p.Name, out _));
        return missing is null ? null : Errors.MissingMember.Refusal($"{path}.{missing.Name} is missing.");
    }

    private static Refusal? CheckMember(JsonElement value, JsonPropertyInfo property, string path)
    {
        if (value.ValueKind is not JsonValueKind.Null)
        {
            return Check(value, property.Options.GetTypeInfo(property.PropertyType), path);
        }

        // A constructor parameter and a setter carry their own annotation.
        var nullable = property.AssociatedParameter?.IsNullable ?? property.IsSetNullable;
        return nullable && (!property.PropertyType.IsValueType || Nullable.GetUnderlyingType(property.PropertyType) is not null)
            ? null
            : Errors.NullMember.Refusal($"{path} is null.");
    }

    private static Refusal? CheckItems(JsonElement element, JsonTypeInfo type, string path) =>
        CheckEach(element.EnumerateArray().Select((item, index) => (item, $"{path}[{index}]")), type);

    private static Refusal? CheckValues(JsonElement element, JsonTypeInfo type, string path) =>
        CheckEach(element.EnumerateObject().Select(member => (member.Value, $"{path}.{JsonSyntax.Shorten(member.Name)}")), type);

    private static Refusal? CheckEach(IEnumerable<(JsonElement Value, string Path)> elements, JsonTypeInfo type)
    {
        var item = type.Options.GetTypeInfo(type.ElementType!);
        return elements
            .Select(e => e.Value.ValueKind is JsonValueKind.Null
                ? Errors.NullMember.Refusal($"{e.Path} is null.") : Check(e.Value, item, e.Path))
            .FirstOrDefault(problem => problem is not null);
    }
}
