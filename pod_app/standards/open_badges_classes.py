"""The classes of Open Badges 3.0 as one table: which properties, how many, of which kind.

https://www.imsglobal.org/spec/ob/v3p0/ §B. A rule is a count and a kind: `1` exactly one, `?` at most
one, `+` one or more, `*` any number; the kind is another class or a scalar of `open_badges_shape`.
"""

from collections.abc import Mapping
from typing import Final


def _terms(text: str) -> frozenset[str]:
    return frozenset(text.split())


IDENTIFIER_TYPES: Final = _terms(
    "name sourcedId systemId productId userName accountId emailAddress nationalIdentityNumber isbn issn lisSourcedId "
    "oneRosterSourcedId sisSourcedId ltiContextId ltiDeploymentId ltiToolId ltiPlatformId ltiUserId identifier",
)
ACHIEVEMENT_TYPES: Final = _terms(
    "Achievement ApprenticeshipCertificate Assessment Assignment AssociateDegree Award Badge BachelorDegree "
    "Certificate CertificateOfCompletion Certification CommunityService Competency Course CoCurricular Degree Diploma "
    "DoctoralDegree Fieldwork GeneralEducationDevelopment JourneymanCertificate LearningProgram License Membership "
    "ProfessionalDoctorate QualityAssuranceCredential MasterCertificate MasterDegree MicroCredential ResearchDoctorate "
    "SecondarySchoolDiploma",
)
RESULT_TYPES: Final = _terms(
    "GradePointAverage LetterGrade Percent PerformanceLevel PredictedScore RawScore Result RubricCriterion "
    "RubricCriterionLevel RubricScore ScaledScore Status",
)
RESULT_STATUSES: Final = _terms("Completed Enrolled Failed InProgress OnHold Provisional Withdrew")
TARGET_TYPES: Final = _terms(
    "ceasn:Competency ceterms:Credential CFItem CFRubric CFRubricCriterion CFRubricCriterionLevel CTDL",
)

_CREDENTIAL: Final = {
    "@context": "+ anything", "id": "1 iri", "issuer": "1 Profile", "name": "? text", "description": "? string",
    "validFrom": "1 moment", "validUntil": "? moment", "awardedDate": "? moment", "proof": "* Proof",
    "credentialSchema": "* CredentialSchema", "credentialStatus": "? CredentialStatus",
    "refreshService": "? RefreshService", "termsOfUse": "* TermsOfUse",
}  # fmt: skip

CLASSES: Final[Mapping[str, Mapping[str, str]]] = {
    "OpenBadgeCredential": {
        **_CREDENTIAL, "credentialSubject": "1 AchievementSubject", "image": "? Image",
        "endorsement": "* EndorsementCredential", "endorsementJwt": "* jws", "evidence": "* Evidence",
    },
    "EndorsementCredential": {**_CREDENTIAL, "name": "1 text", "credentialSubject": "1 EndorsementSubject"},
    "AchievementSubject": {
        "id": "? iri", "identifier": "* IdentityObject", "achievement": "1 Achievement", "activityEndDate": "? local",
        "activityStartDate": "? local", "creditsEarned": "? number", "image": "? Image", "licenseNumber": "? string",
        "narrative": "? string", "result": "* Result", "role": "? string", "source": "? Profile", "term": "? string",
    },
    "EndorsementSubject": {"id": "1 iri", "endorsementComment": "? string"},
    "IdentityObject": {
        "hashed": "1 boolean", "identityHash": "1 text", "identityType": "1 identifierType", "salt": "? string",
    },
    "Achievement": {
        "id": "1 iri", "name": "1 text", "description": "1 string", "criteria": "1 Criteria",
        "achievementType": "? achievementType", "alignment": "* Alignment", "creator": "? Profile",
        "creditsAvailable": "? number", "endorsement": "* EndorsementCredential", "endorsementJwt": "* jws",
        "fieldOfStudy": "? string", "humanCode": "? string", "image": "? Image", "inLanguage": "? language",
        "otherIdentifier": "* IdentifierEntry", "related": "* Related", "resultDescription": "* ResultDescription",
        "specialization": "? string", "tag": "* text", "version": "? string",
    },
    "Criteria": {"id": "? iri", "narrative": "? string"},
    "Alignment": {
        "targetName": "1 text", "targetUrl": "1 iri", "targetCode": "? string", "targetDescription": "? string",
        "targetFramework": "? string", "targetType": "? targetType",
    },
    "Related": {"id": "1 iri", "inLanguage": "? language", "version": "? string"},
    "IdentifierEntry": {"identifier": "1 text", "identifierType": "1 identifierType"},
    "Profile": {
        "id": "1 iri", "name": "? string", "url": "? iri", "phone": "? string", "description": "? string",
        "image": "? Image", "email": "? string", "address": "? Address", "otherIdentifier": "* IdentifierEntry",
        "official": "? string", "parentOrg": "? Profile", "endorsement": "* EndorsementCredential",
        "endorsementJwt": "* jws", "familyName": "? string", "givenName": "? string", "additionalName": "? string",
        "patronymicName": "? string", "honorificPrefix": "? string", "honorificSuffix": "? string",
        "familyNamePrefix": "? string", "dateOfBirth": "? day",
    },
    "Address": {
        "addressCountry": "? string", "addressCountryCode": "? string", "addressRegion": "? string",
        "addressLocality": "? string", "streetAddress": "? string", "postOfficeBoxNumber": "? string",
        "postalCode": "? string", "geo": "? GeoCoordinates",
    },
    "GeoCoordinates": {"latitude": "1 number", "longitude": "1 number"},
    "Evidence": {
        "id": "? iri", "narrative": "? string", "name": "? string", "description": "? string", "genre": "? string",
        "audience": "? string",
    },
    "Image": {"id": "1 iri", "caption": "? string"},
    "Result": {
        "achievedLevel": "? iri", "alignment": "* Alignment", "resultDescription": "? iri", "status": "? resultStatus",
        "value": "? string",
    },
    "ResultDescription": {
        "id": "1 iri", "name": "1 text", "resultType": "1 resultType", "alignment": "* Alignment",
        "allowedValue": "* string", "requiredLevel": "? iri", "requiredValue": "? string",
        "rubricCriterionLevel": "* RubricCriterionLevel", "valueMin": "? string", "valueMax": "? string",
    },
    "RubricCriterionLevel": {
        "id": "1 iri", "name": "1 text", "alignment": "* Alignment", "description": "? string", "level": "? string",
        "points": "? string",
    },
    "Proof": {
        "created": "? moment", "cryptosuite": "? text", "proofPurpose": "? text", "proofValue": "? text",
        "verificationMethod": "? text",
    },
    "CredentialSchema": {"id": "1 iri"},
    "CredentialStatus": {"id": "? iri", "statusListIndex": "? index", "statusListCredential": "? iri"},
    "RefreshService": {"id": "1 iri"},
    "TermsOfUse": {"id": "? iri"},
}  # fmt: skip

# Classes whose `type` is free (only its presence counts), absent, or one plain text.
ANY_TYPE: Final = frozenset({"Proof", "CredentialSchema", "CredentialStatus", "RefreshService", "TermsOfUse"})
NO_TYPE: Final = frozenset({"Criteria"})
PLAIN_TYPE: Final = frozenset({"IdentityObject", "IdentifierEntry", "Image", "GeoCoordinates"})
CREDENTIAL_TYPES: Final[Mapping[str, tuple[frozenset[str], ...]]] = {
    "OpenBadgeCredential": (
        frozenset({"VerifiableCredential"}), frozenset({"OpenBadgeCredential", "AchievementCredential"}),
    ),
    "EndorsementCredential": (frozenset({"VerifiableCredential"}), frozenset({"EndorsementCredential"})),
}  # fmt: skip
