"""Constraints for properties that assembly formats print in full, as `array<f64: …>` or `["a", "b"]`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, Self, TypeVar

from typing_extensions import TypeVar as AnyTypeVar
from xdsl.dialects.builtin import ArrayAttr, DenseArrayBase, StringAttr
from xdsl.ir import Attribute
from xdsl.irdl import AttrConstraint, IntConstraint
from xdsl.irdl.constraints import VerificationContext
from xdsl.utils.exceptions import VerifyException

A = TypeVar("A", bound=Attribute, covariant=True)


@dataclass(frozen=True)
class InFull(AttrConstraint[A], Generic[A]):
    """An attribute of the given class; xDSL's formats abbreviate only those whose class they can infer."""

    attribute_class: type[A]

    def verify(self, attr: Attribute, constraint_context: VerificationContext) -> None:
        if not isinstance(attr, self.attribute_class):
            raise VerifyException(f"{attr} should be a {self.attribute_class.__name__}")

    def mapping_type_vars(self, type_var_mapping: Mapping[AnyTypeVar, AttrConstraint | IntConstraint]) -> Self:
        return self

    def get_bases(self) -> set[type[Attribute]] | None:
        return None


DENSE: AttrConstraint[DenseArrayBase] = InFull(DenseArrayBase)
STRINGS: AttrConstraint[ArrayAttr[StringAttr]] = InFull(ArrayAttr)
ARRAY: AttrConstraint[ArrayAttr[Attribute]] = InFull(ArrayAttr)
