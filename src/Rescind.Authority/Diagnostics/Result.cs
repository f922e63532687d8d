using System.Diagnostics.CodeAnalysis;

namespace Rescind.Authority.Diagnostics;

/// <summary>A value, or why there is none.</summary>
internal readonly record struct Result<T>
    where T : class
{
    private Result(T? value, Refusal? refusal)
    {
        Value = value;
        Refusal = refusal;
    }

    [MemberNotNullWhen(true, nameof(Value))]
    [MemberNotNullWhen(false, nameof(Refusal))]
    public bool HasValue => Value is not null;

    public T? Value { get; }

    public Refusal? Refusal { get; }

    public static Result<T> Of(T value) => new(value, null);

    public static Result<T> Refused(Refusal refusal) => new(null, refusal);
}
