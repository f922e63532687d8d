namespace Rescind.Authority.Revocations;

/// <summary>A revocation that was taken back, and what that gave back.</summary>
/// <param name="Revocation">The act, with the position of its lift.</param>
/// <param name="Sessions">How many sessions live again; null where counting took too long.</param>
public sealed record Lifted(Revocation Revocation, long? Sessions)
{
    /// <summary>The JSON document that <c>DELETE /v1/revocations/{id}</c> answers.</summary>
    public string ToJson() => JsonSerializer.Serialize(RevocationAnswers.Of(this), RevocationJson.Default.RevocationAnswer);
}
